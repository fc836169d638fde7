from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import trim


@given(st.text())
def test_what_is_trimmed_stays_as_it_is(text: str) -> None:
    once = trim(text)

    assert trim(once) == once
    assert once in text
    assert trim(text, inside=True).split() == text.split()
