from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import contains


@given(st.text(), st.text(), st.text())
def test_a_text_contains_its_pieces(before: str, part: str, after: str) -> None:
    assert contains(before + part + after, part)


def test_capital_letters_differ_unless_they_are_ignored() -> None:
    assert not contains("Adelie", "adelie")
    assert contains("Adelie", "ADELIE", ignore_case=True)
