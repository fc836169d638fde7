import asyncio

import pytest

from persistentai_lab.blocks.time import wait
from persistentai_lab.errors import LabError


def test_a_block_called_by_hand_without_a_context_says_what_is_missing() -> None:
    with pytest.raises(LabError, match=r"`ctx\.sleep` is there only while the engine runs"):
        asyncio.run(wait("x", 1))


def test_the_context_is_no_port() -> None:
    assert [port.name for port in wait.signature.inputs] == ["value", "seconds"]
