"""Gaps, filled."""

from typing import Any, Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import (
    as_names,
    flat,
    kind_of,
    refused,
    require_columns,
    require_numbers,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

How = Literal["value", "previous", "next", "mean", "median"]


@block(
    title="Fill missing",
    effect="pure",
    examples=(
        Example(inputs={"table": [{"n": 1}, {"n": None}], "value": 0}, output=[{"n": 1}, {"n": 0}]),
        Example(
            inputs={"table": [{"s": "a"}, {"s": None}], "how": "previous"},
            output=[{"s": "a"}, {"s": "a"}],
        ),
    ),
)
def fill_missing(
    table: Table,
    value: Any = None,
    columns: str | list[str] | None = None,
    *,
    how: How = "value",
) -> Table:
    """Put something where values are missing.

    Args:
        table: Any table.
        value: What is put there, if `how` says so. It must be of the kind that the column holds.
        columns: Where to look; everywhere when left out.
        how: By the value, by the nearest value above or below, or by the column's mean or median.

    Returns:
        A table with as many rows. A gap with nothing above (or below) stays.

    Raises:
        NodeError: There is no such column, or the value is of another kind.
    """
    found = flat(table)
    names = require_columns(found, list(found.columns) if columns is None else as_names(columns))
    gaps = [name for name in names if found[name].isna().any()]
    if how in ("mean", "median"):
        require_numbers(found, gaps, f"a {how}")
    if how == "value" and value is None and gaps:
        raise NodeError("No value was given.", remedy="Give `value`, or say `how`.")
    return found.assign(**{name: _filled(found[name], value, how) for name in gaps})


def _filled(column: Any, value: Any, how: How) -> Any:
    import pandas as pd

    match how:
        case "previous":
            return column.ffill()
        case "next":
            return column.bfill()
        case "mean" | "median":  # a mean of whole numbers is not whole
            return column.astype("float64").fillna(getattr(column, how)())
    given = {bool: "true or false", int: "numbers", float: "numbers", str: "text"}
    holds, kind = kind_of(column), given.get(type(value), type(value).__name__)
    numbers = holds in ("numbers", "whole numbers") and kind == "numbers"
    if not numbers and holds not in (kind, "nothing", "dates", "durations"):
        raise NodeError(
            f"Column {column.name!r} holds {holds}; {value!r} is of another kind.",
            remedy="Name the `columns` that the value is for.",
        )
    with refused(f"Column {column.name!r} cannot hold {value!r}."):
        if column.dtype.kind in "mM":
            return column.fillna(
                (pd.Timedelta if column.dtype.kind == "m" else pd.Timestamp)(value)
            )
        if holds == "whole numbers" and not float(value).is_integer():
            column = column.astype("float64")
        return column.astype(object).fillna(value) if holds == "nothing" else column.fillna(value)
