from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import split_lines


def test_drops_empty_lines() -> None:
    assert split_lines("one\n\n  \ntwo\n") == ["one", "two"]


@given(st.text())
def test_keep_empty_loses_nothing(text: str) -> None:
    assert split_lines(text, keep_empty=True) == text.splitlines()
