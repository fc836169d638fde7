"""Columns become rows."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import (
    as_names,
    flat,
    kind_of,
    refuse_doubles,
    require_columns,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

Name = Annotated[str, Field(min_length=1)]


@block(
    title="Unpivot",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"day": 1, "Bonn": 3, "Kiel": 7}], "keep": "day", "name": "city"},
            output=[
                {"day": 1, "city": "Bonn", "value": 3},
                {"day": 1, "city": "Kiel", "value": 7},
            ],
        ),
    ),
)
def unpivot(
    table: Table,
    keep: str | list[str],
    columns: str | list[str] | None = None,
    *,
    name: Name = "name",
    value: Name = "value",
) -> Table:
    """Make a long table of a wide one: each cell of some columns becomes a row.

    Args:
        table: Any table.
        keep: Names of the columns that each new row repeats.
        columns: Names of the columns whose cells become rows; all others when left out.
        name: Name of the new column that says which column a cell was in.
        value: Name of the new column that holds the cells.

    Returns:
        As many rows as there were cells, those of one old row together.

    Raises:
        NodeError: There is no such column, or the columns hold different kinds of values.
    """
    found = flat(table)
    kept = as_names(keep)
    cells = [one for one in found if one not in kept] if columns is None else as_names(columns)
    require_columns(found, [*kept, *cells])
    refuse_doubles([*kept, name, value])
    kinds = {kind_of(found[one]).replace("whole numbers", "numbers"): one for one in cells}
    kinds.pop("nothing", None)
    if len(kinds) > 1:
        shown = ", ".join(f"{column!r} holds {kind}" for kind, column in kinds.items())
        raise NodeError(
            f"Columns of different kinds cannot become one: {shown}.",
            remedy="Name `columns` of one kind, and keep the others.",
        )
    long = found.melt(id_vars=kept, value_vars=cells, var_name=name, value_name=value)
    order = [row + column * len(found) for row in range(len(found)) for column in range(len(cells))]
    return long.iloc[order].reset_index(drop=True)
