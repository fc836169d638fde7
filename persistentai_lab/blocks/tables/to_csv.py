"""A table as CSV."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.csv.parse import Delimiter
from persistentai_lab.blocks.tables.frame import flat
from persistentai_lab.flow.values import Table


@block(
    title="Table as CSV",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"name": "Ada, B.", "n": 1}, {"name": None, "n": None}]},
            output=b'name,n\n"Ada, B.",1\n,\n',
        ),
    ),
)
def to_csv(table: Table, *, delimiter: Delimiter = ",", missing: str = "") -> bytes:
    """Write a table as comma-separated values, in UTF-8, its columns' names in the first line.

    Args:
        table: Any table.
        delimiter: One character between two values.
        missing: What is written for a missing value.

    Returns:
        The file's bytes.
    """
    text: str = flat(table).to_csv(
        index=False, sep=delimiter, na_rep=missing, lineterminator="\n", encoding="utf-8"
    )
    return text.encode(errors="backslashreplace")
