"""Rows without gaps."""

from typing import Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import as_names, flat, require_columns
from persistentai_lab.flow.values import Table


@block(
    title="Drop missing",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"n": 1, "s": "a"}, {"n": None, "s": "b"}, {"n": 3, "s": None}]},
            output=[{"n": 1, "s": "a"}],
        ),
    ),
)
def drop_missing(
    table: Table,
    columns: str | list[str] | None = None,
    *,
    how: Literal["any", "all"] = "any",
) -> Table:
    """Leave out the rows in which values are missing.

    Args:
        table: Any table.
        columns: Where to look; everywhere when left out.
        how: Leave a row out if any of these values is missing, or only if all are.

    Returns:
        The rows that are kept, in their order.

    Raises:
        NodeError: There is no such column.
    """
    found = flat(table)
    names = list(found.columns) if columns is None else as_names(columns)
    missing = found[require_columns(found, names)].isna()
    if not names:
        return found
    gone = missing.any(axis=1) if how == "any" else missing.all(axis=1)
    return found[~gone].reset_index(drop=True)
