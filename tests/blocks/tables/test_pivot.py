from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import from_rows, pivot, to_rows, unpivot
from persistentai_lab.errors import NodeError

cells = st.dictionaries(
    st.tuples(st.integers(0, 3), st.sampled_from("xyz")), st.integers(-9, 9), min_size=1
)


@given(cells)
def test_unpivot_brings_the_cells_back(drawn: dict[tuple[int, str], int]) -> None:
    long = from_rows([{"row": r, "name": c, "value": v} for (r, c), v in drawn.items()])

    wide = pivot(long, "row", "name", "value")

    back = to_rows(unpivot(wide, "row"))
    assert {(b["row"], b["name"]): b["value"] for b in back if b["value"] is not None} == drawn
    assert list(wide["row"]) == list(dict.fromkeys(r for r, _ in drawn))
    assert list(wide.columns[1:]) == list(dict.fromkeys(c for _, c in drawn))


LONG = pd.DataFrame({"r": ["a", "a", "a"], "c": ["x", "x", None], "v": [1, 3, 5]})


@pytest.mark.parametrize(
    ("how", "x"),
    [("first", 1), ("count", 2), ("sum", 4), ("mean", 2), ("min", 1), ("max", 3)],
)
def test_several_values_for_a_cell_become_one(how: Any, x: float) -> None:
    (row,) = to_rows(pivot(LONG, "r", "c", "v", how=how))

    assert (row["r"], row["x"]) == ("a", x)
    assert "null" in row


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("r", "c", "v"), "more than one value for r 'a' and 'x'"),
        (("r", "c", "q"), "no column 'q'"),
        (("c", "c", "v"), "More than one column is called 'c'"),
    ],
)
def test_what_cannot_be_pivoted_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        pivot(LONG, *arguments)


def test_too_many_columns_and_names_that_are_taken_are_refused() -> None:
    many = pd.DataFrame({"r": 0, "c": range(1001), "v": 0})

    with pytest.raises(NodeError, match="1,001 values; 1,000 columns"):
        pivot(many, "r", "c", "v")
    with pytest.raises(NodeError, match="More than one column is called 'r'"):
        pivot(pd.DataFrame({"r": [1], "c": ["r"], "v": [2]}), "r", "c", "v")
    with pytest.raises(NodeError, match="holds text; 'sum' needs numbers"):
        pivot(LONG.assign(v="t"), "r", "c", "v", how="sum")
