"""Only some columns of a table."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import as_names, flat, require_columns
from persistentai_lab.flow.values import Table


@block(
    title="Select columns",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"a": 1, "b": 2, "c": 3}], "columns": ["c", "a"]},
            output=[{"c": 3, "a": 1}],
        ),
        Example(
            inputs={"table": [{"a": 1, "b": 2}], "columns": "a", "drop": True}, output=[{"b": 2}]
        ),
    ),
)
def select(table: Table, columns: str | list[str], *, drop: bool = False) -> Table:
    """Keep some columns, in the order in which they are named.

    Args:
        table: Any table.
        columns: Names of columns.
        drop: Keep all others instead, in their own order.

    Returns:
        A table with as many rows.

    Raises:
        NodeError: There is no such column; those there are, are named.
    """
    found = flat(table)
    names = require_columns(found, as_names(columns))
    return found.drop(columns=names) if drop else found[names]
