import asyncio
from typing import Any

import pytest

from persistentai_lab.blocks.records import get
from tests.fakes import FakeContext


@pytest.mark.parametrize(
    ("records", "found"), [({"k": 0}, 0), ({"k": None}, "none"), ({"other": 1}, "none")]
)
def test_finds_what_is_kept_or_the_default(records: dict[str, Any], found: Any) -> None:
    ctx = FakeContext(records=records)

    assert asyncio.run(get("k", "none", ctx=ctx)) == found

    assert not ctx.memory.commands
