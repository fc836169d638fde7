"""Rows that belong together, in one row each."""

from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import (
    as_names,
    flat,
    refuse_doubles,
    refused,
    require_columns,
    require_numbers,
    require_plain,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

How = Literal["count", "distinct", "sum", "mean", "median", "sd", "min", "max", "first", "last"]

_PANDAS = {"distinct": "nunique", "sd": "std"}
_OF_NUMBERS = {"sum", "mean", "median", "sd"}
ALL = "*"


@block(
    title="Group table",
    effect="pure",
    examples=(
        Example(
            inputs={
                "table": [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 4}],
                "by": "k",
                "aggregate": {"*": "count", "n": ["sum", "max"]},
            },
            output=[
                {"k": "a", "count": 2, "n_sum": 5, "n_max": 4},
                {"k": "b", "count": 1, "n_sum": 2, "n_max": 2},
            ],
        ),
    ),
)
def group(
    table: Table,
    by: Annotated[str | list[str], Field(min_length=1)],
    aggregate: dict[str, How | list[How]] = {"*": "count"},  # noqa: B006 - decoded anew each time
) -> Table:
    """Put rows with the same values together and aggregate the others.

    Args:
        table: Any table.
        by: Names of the columns whose values are compared. A missing value is a group of its own.
        aggregate: How, by column: `count` (of values that are there), `distinct`, `sum`, `mean`,
            `median`, `sd`, `min`, `max`, `first`, `last`; one or several. `"*": "count"` counts
            rows.

    Returns:
        One row a group, in the order of their first rows: the columns of `by`, then for each
        aggregation a column `column_how` (`count` for `*`). Missing values are passed over; the sum
        of none is 0, every other aggregate of none is missing.

    Raises:
        NodeError: There is no such column, or its values are no numbers where numbers are needed.
    """
    found = flat(table)
    names = require_columns(found, as_names(by))
    wishes = [(column, how) for column, hows in aggregate.items() for how in as_names(hows)]
    require_columns(found, [column for column, _ in wishes if column != ALL])
    for column, how in wishes:
        if column == ALL and how != "count":
            raise NodeError(f"Rows can be counted; '*' has no {how!r}.", remedy="Name a column.")
        if how in _OF_NUMBERS:
            require_numbers(found, [column], f"{how!r}")
    labels = ["count" if column == ALL else f"{column}_{how}" for column, how in wishes]
    refuse_doubles([*names, *labels])
    require_plain(found, names)
    with refused("The rows cannot be grouped so."):
        groups = found.groupby(names, sort=False, dropna=False, observed=True)
        parts = [_aggregated(groups, column, how) for column, how in wishes]
        keys = groups.size().index.to_frame(index=False)
    keys.columns = names
    made = {name: part.reset_index(drop=True) for name, part in zip(labels, parts, strict=True)}
    return keys.assign(**made)


def _aggregated(groups: Any, column: str, how: str) -> Any:
    return groups.size() if column == ALL else getattr(groups[column], _PANDAS.get(how, how))()
