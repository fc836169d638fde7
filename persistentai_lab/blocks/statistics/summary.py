"""Count, mean, spread and quartiles of the columns of a table."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.lists.group_by import group_by
from persistentai_lab.blocks.rows import columns_of, is_number, require_column
from persistentai_lab.errors import NodeError


@block(
    title="Summary",
    effect="pure",
    examples=(
        Example(
            inputs={"rows": [{"g": 1}, {"g": 2}, {"g": 3}, {"g": 6}, {"g": None}]},
            output=[
                {
                    "column": "g",
                    "count": 4,
                    "missing": 1,
                    "mean": 3.0,
                    "sd": 2.160246899469287,
                    "min": 1.0,
                    "q1": 1.75,
                    "median": 2.5,
                    "q3": 3.75,
                    "max": 6.0,
                }
            ],
        ),
    ),
)
def summary(
    rows: list[dict[str, Any]], columns: list[str] | None = None, by: str | None = None
) -> list[dict[str, Any]]:
    """Describe columns of numbers, for all rows together or for each group of rows.

    Args:
        rows: Objects. null and NaN count as missing.
        columns: Which columns; every column of numbers when left out.
        by: Column that says to which group a row belongs.

    Returns:
        One row for each group and column: `column`, `count`, `missing`, and in the unit of the
        column `mean`, `sd` (of a sample, divided by n - 1), `min`, `q1`, `median`, `q3`, `max`.
        Quartiles between two values are interpolated linearly (Hyndman and Fan's type 7, as in
        numpy and R). What needs more values than there are is null. With `by`, the first entry
        is the group's value under that column's name.

    Raises:
        NodeError: There is no such column, or a value in it is no finite number.
    """
    if by is not None:
        require_column(rows, by)
    chosen = _columns_of_numbers(rows, by) if columns is None else columns
    for name in chosen:
        require_column(rows, name)
    if by is None:
        return [_described(rows, name) for name in chosen]
    return [
        {by: group["group"], **_described(group["rows"], name)}
        for group in group_by(rows, by)
        for name in chosen
    ]


def _columns_of_numbers(rows: list[dict[str, Any]], by: str | None) -> list[str]:
    def holds_numbers(name: str) -> bool:
        present = [row[name] for row in rows if row.get(name) is not None]
        return bool(present) and all(map(is_number, present))

    return [name for name in columns_of(rows) if name != by and holds_numbers(name)]


def _described(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    values = sorted(_finite(row[name], name) for row in rows if not _is_missing(row.get(name)))
    count = len(values)
    return {
        "column": name,
        "count": count,
        "missing": len(rows) - count,
        "mean": statistics.fmean(values) if values else None,
        "sd": statistics.stdev(values) if count > 1 else None,
        "min": values[0] if values else None,
        "q1": _quantile(values, 0.25),
        "median": _quantile(values, 0.5),
        "q3": _quantile(values, 0.75),
        "max": values[-1] if values else None,
    }


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _finite(value: Any, name: str) -> float:
    if not is_number(value) or not math.isfinite(value):
        raise NodeError(
            f"Column {name!r} holds {value!r}, which is no finite number.",
            remedy="Leave the column out of `columns`, or filter such rows out before.",
        )
    return float(value)


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
