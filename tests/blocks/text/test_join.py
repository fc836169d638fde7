from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import join, split_lines


@given(st.lists(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1)))
def test_splitting_what_was_joined_gives_the_parts_back(parts: list[str]) -> None:
    assert split_lines(join(parts)) == parts


def test_the_separator_stands_only_between() -> None:
    assert join(["a"], ", ") == "a"
    assert join([], ", ") == ""
