import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import split
from persistentai_lab.errors import NodeError


@given(st.lists(st.text(alphabet="abc", max_size=3), min_size=1))
def test_parts_joined_by_what_splits_them_are_the_text(parts: list[str]) -> None:
    assert split(",".join(parts), ",", keep_empty=True) == parts
    assert split(",".join(parts), ",") == [part for part in parts if part]


def test_groups_in_the_pattern_are_no_parts() -> None:
    assert split("a1b2c", r"(\d)") == ["a", "b", "c"]


def test_a_malformed_pattern_is_refused() -> None:
    with pytest.raises(NodeError, match="no regular expression"):
        split("a", "[")
