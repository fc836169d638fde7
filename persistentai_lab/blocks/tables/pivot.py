"""Values of a column become columns."""

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

_MOST_COLUMNS = 1000
_OF_NUMBERS = {"sum", "mean"}


@block(
    title="Pivot",
    effect="pure",
    examples=(
        Example(
            inputs={
                "table": [
                    {"day": 1, "city": "Bonn", "rain": 3},
                    {"day": 1, "city": "Kiel", "rain": 7},
                    {"day": 2, "city": "Bonn", "rain": 0},
                ],
                "rows": "day",
                "columns": "city",
                "values": "rain",
            },
            output=[{"day": 1, "Bonn": 3, "Kiel": 7}, {"day": 2, "Bonn": 0, "Kiel": None}],
        ),
    ),
)
def pivot(
    table: Table,
    rows: Annotated[str | list[str], Field(min_length=1)],
    columns: str,
    values: str,
    *,
    how: Literal["only", "first", "count", "sum", "mean", "min", "max"] = "only",
) -> Table:
    """Make a wide table of a long one: each value of one column becomes a column.

    Args:
        table: Any table.
        rows: Names of the columns that tell the new rows apart.
        columns: The column whose values become columns, at most 1,000; a missing one is `null`.
        values: The column that fills the cells.
        how: What is done with several values for one cell. `only` allows one and refuses more.

    Returns:
        Rows and new columns in the order in which they first came; empty cells are missing.

    Raises:
        NodeError: There is no such column, a cell would hold several values, or too many columns
            would come out.
    """
    found = flat(table)
    names = as_names(rows)
    require_columns(found, [*names, columns, values])
    refuse_doubles([*names, columns])
    if how in _OF_NUMBERS:
        require_numbers(found, [values], f"{how!r}")
    labels = found[columns].astype(object).where(found[columns].notna(), "null").map(str)
    _check_labels(list(labels.unique()), names, columns)
    require_plain(found, names)
    with refused("The table cannot be pivoted so."):
        keyed = found[names].assign(**{"": labels, " ": found[values]})
        return _wide(keyed, names, how, list(labels.unique()))


def _check_labels(labels: list[str], names: list[str], columns: str) -> None:
    if len(labels) > _MOST_COLUMNS:
        raise NodeError(
            f"{columns!r} has {len(labels):,} values; {_MOST_COLUMNS:,} columns are made at most.",
            remedy="Group or filter the values before.",
        )
    refuse_doubles([*names, *labels])


def _wide(keyed: Any, names: list[str], how: str, labels: list[str]) -> Table:
    """The cells `" "` of rows that `names` tell apart, in columns named by `""`."""
    if how == "only" and (double := keyed.duplicated([*names, ""])).any():
        cell = keyed[double].iloc[0]
        where = ", ".join(f"{name} {str(cell[name])!r}" for name in names)
        raise NodeError(
            f"There is more than one value for {where} and {cell['']!r}.",
            remedy="Say `how` several become one, such as 'sum'.",
        )
    groups = keyed.groupby([*names, ""], sort=False, dropna=False, observed=True)[" "]
    cells = (groups.first() if how == "only" else getattr(groups, how)()).reset_index()
    if cells[" "].dtype == "int64":  # stays whole where cells are empty
        cells[" "] = cells[" "].astype("Int64")
    keys = keyed[names].drop_duplicates(ignore_index=True)
    numbered = cells.merge(keys.assign(**{"  ": range(len(keys))}), on=names, how="left")
    wide = numbered.pivot(index="  ", columns="", values=" ").reindex(range(len(keys)))
    made: Table = keys.assign(**{label: wide[label] for label in labels})
    return made
