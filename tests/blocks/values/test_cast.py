from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.values import cast
from persistentai_lab.errors import NodeError, WrongType
from persistentai_lab.flow.follow import type_of

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_a_value_passes_a_cast_to_its_own_type_unchanged(value: Any) -> None:
    assert cast(value, to=type_of(value)) is value


@pytest.mark.parametrize(
    ("value", "to"),
    [("3", "integer"), (True, "number"), (1.5, "integer"), (None, "string"), ([], "object")],
)
def test_a_broken_promise_is_a_wrong_type(value: Any, to: str) -> None:
    with pytest.raises(WrongType, match="not what was promised"):
        cast(value, to=to)


def test_the_place_of_the_misfit_is_named() -> None:
    rows = {"type": "array", "items": {"properties": {"n": {"type": "integer"}}}}

    with pytest.raises(WrongType, match=r"at \[1\]\['n'\]"):
        cast([{"n": 1}, {"n": "2"}], to=rows)


@pytest.mark.parametrize("to", ["rows", {"type": "integre"}, {"items": 3}])
def test_what_is_no_type_is_said_to_be_none(to: Any) -> None:
    with pytest.raises(NodeError, match="is no type"):
        cast(1, to=to)
