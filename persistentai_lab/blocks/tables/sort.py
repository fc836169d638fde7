"""A table in order."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import as_names, flat, refused, require_columns
from persistentai_lab.flow.values import Table


@block(
    title="Sort table",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"n": 1}, {"n": None}, {"n": 3}], "by": "n", "descending": True},
            output=[{"n": 3}, {"n": 1}, {"n": None}],
        ),
    ),
)
def sort(table: Table, by: str | list[str], *, descending: bool = False) -> Table:
    """Sort rows by one column, or by several, the first of them first.

    Rows with equal values keep their order. A missing value comes last in either direction.

    Args:
        table: Any table.
        by: Names of columns.
        descending: Largest first, in all of these columns.

    Returns:
        The same rows in their new order.

    Raises:
        NodeError: There is no such column, or its values cannot be put in order.
    """
    found = flat(table)
    names = require_columns(found, as_names(by))
    if not names:
        return found
    with refused("The rows cannot be put in order.", "Sort by columns of one kind of value."):
        return found.sort_values(
            names, ascending=not descending, kind="stable", na_position="last", ignore_index=True
        )
