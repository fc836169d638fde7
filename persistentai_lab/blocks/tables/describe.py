"""What is in a table."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, holds_numbers, kind_of
from persistentai_lab.flow.values import Table


@block(
    title="Describe table",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"n": 1, "s": "a"}, {"n": 2, "s": "a"}, {"n": 3, "s": None}]},
            output=[
                {"column": "n", "holds": "whole numbers", "count": 3, "missing": 0, "distinct": 3,
                 "mean": 2.0, "sd": 1.0, "min": 1.0, "q1": 1.5, "median": 2.0, "q3": 2.5,
                 "max": 3.0},
                {"column": "s", "holds": "text", "count": 2, "missing": 1, "distinct": 1,
                 "mean": None, "sd": None, "min": None, "q1": None, "median": None, "q3": None,
                 "max": None},
            ],
        ),
    ),
)  # fmt: skip
def describe(table: Table) -> Table:
    """Describe each column: what it holds, what is missing, and how its numbers are spread.

    Args:
        table: Any table.

    Returns:
        One row a column. `distinct` counts different values (missing for lists and objects);
        everything from `mean` on is there for numbers only. `sd` is that of a sample.
    """
    import pandas as pd

    found = flat(table)
    rows = [_described(found[name]) for name in found.columns]
    return pd.DataFrame(rows, columns=_COLUMNS).astype(
        {**dict.fromkeys(_COLUMNS[5:], "float64"), "distinct": "Int64"}
        | dict.fromkeys(("count", "missing"), "int64")
    )


_COLUMNS = [
    *("column", "holds", "count", "missing", "distinct"),
    *("mean", "sd", "min", "q1", "median", "q3", "max"),
]


def _described(column: Any) -> dict[str, Any]:
    missing = int(column.isna().sum())
    row = {"column": column.name, "holds": kind_of(column), "count": len(column) - missing,
           "missing": missing, "distinct": _distinct(column)}  # fmt: skip
    if not holds_numbers(column) or missing == len(column):
        return row
    numbers = column.astype("float64")
    q1, median, q3 = numbers.quantile([0.25, 0.5, 0.75])
    return row | {
        "mean": numbers.mean(), "sd": numbers.std(), "min": numbers.min(),
        "q1": q1, "median": median, "q3": q3, "max": numbers.max(),
    }  # fmt: skip


def _distinct(column: Any) -> int | None:
    try:
        return int(column.nunique())
    except TypeError:  # lists and objects can't be compared so
        return None
