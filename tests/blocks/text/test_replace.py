import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import replace
from persistentai_lab.errors import NodeError


@given(st.text(max_size=20), st.text(min_size=1, max_size=3), st.text(max_size=3))
def test_taken_literally_it_is_the_replacing_that_everybody_knows(
    text: str, pattern: str, by: str
) -> None:
    assert replace(text, pattern, by, literal=True) == text.replace(pattern, by)


def test_groups_can_be_put_in_by_number_and_name() -> None:
    assert replace("Ada Bo", r"(?P<a>\w+) (\w+)", r"\2 \g<a>") == "Bo Ada"


@pytest.mark.parametrize("by", [r"\2", r"\g<x>", "\\"])
def test_a_replacement_that_cannot_be_put_in_is_refused(by: str) -> None:
    with pytest.raises(NodeError, match="cannot be put in"):
        replace("a", "(a)", by)
