"""A CSV file to rows."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.csv.parse import MISSING, Delimiter, parse
from persistentai_lab.blocks.location import read_text


@block(
    title="Read CSV",
    effect="read",
    examples=(Example(inputs={"path": "pai:penguins.csv"}),),
)
def read(
    path: str,
    *,
    delimiter: Delimiter = ",",
    missing: list[str] = MISSING,
    encoding: str = "utf-8",
) -> list[dict[str, Any]]:
    """Read a file of comma-separated values whose first line names the columns.

    Columns of numbers hold numbers; see `csv.parse`.

    Args:
        path: A file on the worker's machine, or `pai:NAME` for data that ships with the package
            (`pai:penguins.csv`). A relative path starts at the folder `PERSISTENTAI_FILES`.
        delimiter: One character between two values.
        missing: How a missing value is written; it becomes null.
        encoding: How the text is stored as bytes.

    Returns:
        One object a row.

    Raises:
        NodeError: The file is missing, is not text in this encoding, or is no table.
    """
    return parse(read_text(path, encoding), delimiter=delimiter, missing=missing)
