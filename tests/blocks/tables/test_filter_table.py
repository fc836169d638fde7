import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import filter as filter_rows
from persistentai_lab.blocks.tables import filter as filter_table
from persistentai_lab.blocks.tables import from_rows, to_rows
from persistentai_lab.errors import NodeError

values = st.none() | st.integers(-2, 2)


@given(
    st.lists(st.fixed_dictionaries({"n": values}), min_size=1),
    values,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
)
def test_keeps_the_same_rows_as_the_block_for_lists(
    rows: list[dict[str, Any]], value: int | None, compare: Any
) -> None:
    if value is None and compare not in ("==", "!="):
        return
    table = from_rows(rows, ["n"])

    assert to_rows(filter_table(table, "n", value, compare=compare)) == filter_rows(
        rows, "n", value, compare=compare
    )


TABLE = pd.DataFrame(
    {
        "n": [1.5, None, 3.0],
        "s": ["a.b", None, "axb"],
        "t": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
        "d": [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None],
        "c": pd.Categorical(["x", "y", None]),
    },
    index=[7, 8, 9],
)


@pytest.mark.parametrize(
    ("column", "compare", "value", "kept"),
    [
        ("s", "contains", ".", [1.5]),
        ("s", "in", ["axb", "q"], [3.0]),
        ("s", "in", [None, "axb"], [None, 3.0]),
        ("s", "not in", ["axb", None], [1.5]),
        ("n", "in", [], []),
        ("t", ">", "2026-01-01T12:00", [None]),
        ("d", ">=", "2026-01-02", [None]),
        ("d", "==", "2026-01-01", [1.5]),
        ("c", "!=", "x", [None, 3.0]),
        ("n", "==", "text", []),
        ("n", "!=", None, [1.5, 3.0]),
    ],
)
def test_knows_other_ways_and_kinds(column: str, compare: Any, value: Any, kept: list[Any]) -> None:
    rows = to_rows(filter_table(TABLE, column, value, compare=compare))

    assert [row["n"] for row in rows] == kept


@pytest.mark.parametrize(
    ("column", "compare", "value", "message"),
    [
        ("m", "==", 1, r"no column 'm'.*There is: 'n', 's', 't'"),
        ("n", "<", "x", "Column 'n' holds numbers; 'x' is not < to any"),
        ("s", ">", 1, "Column 's' holds text; 1 is not > to any"),
        ("t", ">", "soon", "Column 't' holds dates"),
        ("n", "<", None, "Nothing is < null"),
        ("n", "in", 1, "'in' needs a list"),
        ("n", "contains", "1", "column 'n' holds numbers"),
        ("s", "contains", 1, "the value is 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    column: str, compare: Any, value: Any, message: str
) -> None:
    with pytest.raises(NodeError, match=message):
        filter_table(TABLE, column, value, compare=compare)


def test_an_empty_table_stays_empty() -> None:
    assert len(filter_table(from_rows([], ["n"]), "n", 1)) == 0
