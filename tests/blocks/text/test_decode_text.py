import pytest

from persistentai_lab.blocks.text import decode
from persistentai_lab.errors import NodeError


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode(b"\xef\xbb\xbfa") == "a"


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [(b"a\xff", "utf-8", "byte 1 is 0xff.*cp1252"), (b"a", "nope", "No encoding is called 'nope'")],
)
def test_bytes_that_are_no_text_are_refused(data: bytes, encoding: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        decode(data, encoding)
