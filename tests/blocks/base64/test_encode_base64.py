import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.base64 import decode, encode
from persistentai_lab.errors import NodeError


@given(st.binary(), st.booleans())
def test_bytes_survive_the_trip(data: bytes, url_safe: bool) -> None:
    text = encode(data, url_safe=url_safe)

    assert decode(text) == decode(text.rstrip("=")) == data
    assert not (url_safe and set("+/") & set(text))


def test_text_is_taken_as_utf_8_also_when_it_comes_over_the_wire() -> None:
    from persistentai_lab.flow.payload import Payload

    assert encode(**encode.load_inputs({"data": Payload('"é"'.encode())})) == "w6k="  # type: ignore[arg-type]


def test_half_a_character_is_refused() -> None:
    with pytest.raises(NodeError, match="half a character"):
        encode("\ud800")
