"""What charts take from a table: places along an axis, numbers, and series told apart by colour."""

from dataclasses import dataclass
from typing import Any

from persistentai_lab.blocks.plots.paper import MOST_SERIES
from persistentai_lab.blocks.tables.frame import (
    flat,
    holds_numbers,
    kind_of,
    require_columns,
    require_numbers,
    require_plain,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one colour."""

    name: str
    x: Any
    y: Any


def columns(table: Table, names: list[str], numbers: list[str]) -> Table:
    """Only these columns of a table, those of numbers as floating ones without infinities."""
    found = flat(table)
    require_columns(found, names)
    require_numbers(found, numbers, "a chart")
    chosen = found[list(dict.fromkeys(names))]
    finite = {name: _finite(chosen[name]) for name in numbers}
    return chosen.assign(**finite)


def _finite(column: Any) -> Any:
    floating = column.astype("float64")
    return floating.where(floating.abs() != float("inf"))


def along(column: Any) -> Any:
    """Values along an axis: numbers, moments, or else text."""
    import pandas as pd

    if holds_numbers(column):
        return _finite(column)
    if kind_of(column) == "dates":
        moments = pd.to_datetime(column)
        return moments.dt.tz_localize(None)
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def split(table: Table, x: str, y: str, by: str | None) -> list[Series]:
    """The points, one series for each value of a column.

    Raises:
        NodeError: There are too many series, or no row has both values.
    """
    there = table[table[x].notna() & table[y].notna()]
    if there.empty:
        raise NodeError(f"There is nothing to draw: no row has both {x!r} and {y!r}.")
    if by is None:
        return [Series(y, there[x], there[y])]
    return [Series(name, rows[x], rows[y]) for name, rows in groups(there, by)]


def groups(table: Table, by: str) -> list[tuple[str, Table]]:
    """The rows for each value of a column, in the order of the first ones."""
    require_plain(table, [by])
    found = [
        ("missing" if key != key or key is None else str(key), rows)
        for (key,), rows in table.groupby([by], sort=False, dropna=False, observed=True)
    ]
    if len(found) > MOST_SERIES:
        raise NodeError(
            f"{by!r} has {len(found):,} values; {MOST_SERIES} are told apart at most.",
            remedy="Filter or group the rows before.",
        )
    return found


def refuse_too_many(count: int, most: int, what: str, remedy: str) -> None:
    """Fail for more of something than a chart can show."""
    if count > most:
        raise NodeError(f"The chart would have {count:,} {what}; {most:,} at most.", remedy=remedy)
