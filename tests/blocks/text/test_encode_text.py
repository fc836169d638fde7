import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import decode, encode
from persistentai_lab.errors import NodeError


@given(st.text().filter(lambda text: not text.startswith("\ufeff")))
def test_text_survives_the_trip_through_bytes(text: str) -> None:
    assert decode(encode(text)) == text
    assert decode(encode(text, "utf-16"), "utf-16") == text


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("€", "latin-1", "cannot write '€'"),
        ("\ud800", "utf-8", "cannot write"),
        ("a", "x", "called"),
    ],
)
def test_what_cannot_be_written_is_refused(text: str, encoding: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        encode(text, encoding)
