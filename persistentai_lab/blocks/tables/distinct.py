"""Each row once."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import as_names, flat, require_columns, require_plain
from persistentai_lab.flow.values import Table


@block(
    title="Distinct rows",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}],
                    "columns": "k"},
            output=[{"k": "a", "n": 1}, {"k": "b", "n": 2}],
        ),
    ),
)  # fmt: skip
def distinct(table: Table, columns: str | list[str] | None = None) -> Table:
    """Keep the first of all rows that have the same values.

    Two missing values count as the same.

    Args:
        table: Any table.
        columns: Whose values are compared; all when left out.

    Returns:
        The rows that are kept, whole and in their order.

    Raises:
        NodeError: There is no such column, or it holds lists or objects.
    """
    found = flat(table)
    names = list(found.columns) if columns is None else as_names(columns)
    if not require_columns(found, names):
        return found
    require_plain(found, names)
    return found.drop_duplicates(names, ignore_index=True)
