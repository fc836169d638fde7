from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.json import dump, query
from persistentai_lab.errors import NodeError
from tests.strategies import json_values

VALUE = {"rows": [{"n": 1, "k": "a"}, {"n": 2}], "odd name": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [VALUE]),
        ("$.rows[*].n", [1, 2]),
        ("$.rows[-1].n", [2]),
        ("$..k", ["a"]),
        ("$['odd name']", [None]),
        ("$.rows[?@.n > 1]", [{"n": 2}]),
        ("$.rows[?match(@.k, 'a|b')].n", [1]),
        ("$.nothing.here", []),
    ],
)
def test_finds_what_the_path_leads_to(path: str, found: list[Any]) -> None:
    assert query(VALUE, path) == found


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(st.dictionaries(names, json_values, max_size=3))
def test_a_field_is_found_by_its_name_whatever_it_is_called(value: dict[str, Any]) -> None:
    for name in value:
        assert query(value, f"$[{dump(name)}]") == [value[name]]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("rows", r"no JSONPath: .* at character 1.*begins with '\$'"),
        ("$.rows[", "unexpected end of query"),
        ("$[?nope(@)]", "'nope' is not defined at character 4"),
        ("$[99999999999999999999]", "index out of range"),
        ("$" + "[?@.a" * 500, "nested too deeply"),
    ],
)
def test_a_malformed_path_is_refused_and_the_place_named(path: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        query(VALUE, path)


def test_a_value_nested_too_deeply_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]

    with pytest.raises(NodeError, match="nested too deeply"):
        query(deep, "$..x")
