import pytest

from persistentai_lab.blocks.base64 import decode
from persistentai_lab.errors import NodeError


def test_white_space_is_passed_over() -> None:
    assert decode(" YW\nJj\t") == b"abc"
    assert decode("") == b""


@pytest.mark.parametrize("text", ["a", "YW*j", "é", "YW=j"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(NodeError, match="no Base64"):
        decode(text)
