from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import sort_by
from persistentai_lab.blocks.tables import from_rows, sort, to_rows
from persistentai_lab.errors import NodeError


@given(
    st.lists(st.fixed_dictionaries({"n": st.none() | st.integers(-3, 3), "at": st.integers(0, 9)})),
    st.booleans(),
)
def test_sorts_as_the_block_for_lists_does(rows: list[dict[str, Any]], descending: bool) -> None:
    table = from_rows(rows, ["n", "at"])

    assert to_rows(sort(table, "n", descending=descending)) == sort_by(
        rows, "n", descending=descending
    )


def test_the_first_column_matters_most() -> None:
    table = pd.DataFrame({"a": [2, 1, 1], "b": [1, 2, 1]})

    assert to_rows(sort(table, ["a", "b"])) == [
        {"a": 1, "b": 1},
        {"a": 1, "b": 2},
        {"a": 2, "b": 1},
    ]


def test_values_without_an_order_are_refused() -> None:
    with pytest.raises(NodeError, match="cannot be put in order"):
        sort(pd.DataFrame({"m": [1, "a"]}), "m")
    with pytest.raises(NodeError, match="no column 'x'"):
        sort(pd.DataFrame({"m": [1]}), "x")
