"""Columns by other names."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, refuse_doubles, require_columns
from persistentai_lab.flow.values import Table


@block(
    title="Rename columns",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"a": 1, "b": 2}], "names": {"a": "b", "b": "a"}},
            output=[{"b": 1, "a": 2}],
        ),
    ),
)
def rename(table: Table, names: dict[str, str]) -> Table:
    """Give columns other names. Two may swap theirs.

    Args:
        table: Any table.
        names: New names by old ones; columns that are not named keep theirs.

    Returns:
        The same values under their new names.

    Raises:
        NodeError: There is no such column, or two would have the same name.
    """
    found = flat(table)
    require_columns(found, list(names))
    renamed = found.rename(columns=names)
    refuse_doubles(list(renamed.columns))
    return renamed
