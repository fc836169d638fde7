import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import template
from persistentai_lab.errors import NodeError


def test_a_gap_says_how_its_value_is_written() -> None:
    assert template("{name:>6}|{mass:.1f}|{name!r}", {"name": "Bo", "mass": 2}) == "    Bo|2.0|'Bo'"


def test_all_missing_values_are_named_and_those_that_are_there() -> None:
    with pytest.raises(NodeError, match=r"'mass', 'species'.*There is: 'island'"):
        template("{species} {mass} {island}", {"island": "Dream"})


@pytest.mark.parametrize("gap", ["{a.__class__}", "{a[0]}", "{a:{b}}", "{a:9999999}", "{}", "{0}"])
def test_a_gap_cannot_reach_into_a_value_or_blow_it_up(gap: str) -> None:
    with pytest.raises(NodeError):
        template(gap, {"a": "x", "b": "5", "0": "y"})


def test_a_value_that_cannot_be_written_so_is_named() -> None:
    with pytest.raises(NodeError, match="'mass' is NoneType"):
        template("{mass:.1f}", {"mass": None})


@given(st.text())
def test_any_text_is_filled_or_refused_in_our_words(text: str) -> None:
    with contextlib.suppress(NodeError):
        template(text, {})


@given(st.text())
def test_text_with_doubled_braces_comes_out_as_it_was(text: str) -> None:
    assert template(text.replace("{", "{{").replace("}", "}}"), {}) == text
