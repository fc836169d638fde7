from typing import Any

import pytest
from hypothesis import given

from persistentai_lab.blocks.json import merge
from persistentai_lab.errors import NodeError
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("value", "changes", "made"),
    [  # from the appendix of RFC 7396
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merges_as_the_standard_says(value: Any, changes: Any, made: Any) -> None:
    assert merge(value, changes) == made


@given(json_values, json_values)
def test_merging_twice_changes_nothing_more(value: Any, changes: Any) -> None:
    once = merge(value, changes)

    assert merge(once, changes) == once


def test_values_nested_too_deeply_are_refused() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = {"a": deep}

    with pytest.raises(NodeError, match="nested too deeply"):
        merge({}, deep)
