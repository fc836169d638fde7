"""A CSV file to a table."""

from io import BytesIO
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.csv.parse import MISSING, Delimiter
from persistentai_lab.blocks.location import read_text
from persistentai_lab.blocks.tables.frame import from_arrow, refuse_doubles
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table, extra

# The same as in `csv.parse`: what has leading zeros is a code, not a number.
_INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
_NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"


@block(
    title="Read CSV as table",
    effect="read",
    examples=(Example(inputs={"path": "pai:penguins.csv"}),),
)
def read_csv(
    path: str,
    *,
    delimiter: Delimiter = ",",
    missing: list[str] = MISSING,
    encoding: str = "utf-8",
) -> Table:
    """Read a file of comma-separated values, whose first line names the columns, into a table.

    For millions of rows; `csv.read` gives rows as JSON. A column whose values are all numbers holds
    numbers; otherwise it is text, as it was written.

    Args:
        path: A file on the worker's machine, or `pai:NAME` for data that ships with the package
            (`pai:penguins.csv`). A relative path starts at the folder `PERSISTENTAI_FILES`.
        delimiter: One character between two values.
        missing: How a missing value is written.
        encoding: How the text is stored as bytes.

    Returns:
        A table. Whole numbers stay whole where values are missing.

    Raises:
        NodeError: The file is missing, is not text in this encoding, or is no table.
    """
    return parsed(read_text(path, encoding), delimiter, missing)


def parsed(text: str, delimiter: str, missing: list[str]) -> Table:
    """The table that a text of comma-separated values is."""
    with extra():
        import pyarrow as pa
        from pyarrow import csv
    if not text.strip():
        raise NodeError("The file is empty.", remedy="Its first line names the columns.")
    try:
        names = csv.open_csv(
            BytesIO(text.partition("\n")[0].encode() + b"\n"),
            parse_options=csv.ParseOptions(delimiter=delimiter),
        ).schema.names
        arrow = csv.read_csv(
            BytesIO(text.encode()),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=missing, strings_can_be_null=True, quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as problem:
        raise NodeError(
            f"This is no table: {' '.join(str(problem).split())[:300]}.",
            remedy="Is the delimiter right? A value that holds one stands in double quotes.",
        ) from None
    refuse_doubles(arrow.column_names)
    return from_arrow(pa.table([_typed(column) for column in arrow.columns], arrow.column_names))


def _typed(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return column
    for pattern, kind in ((_INTEGER, pa.int64()), (_NUMBER, pa.float64())):
        if pc.all(pc.match_substring_regex(column, pattern)).as_py():
            return column.cast(kind)
    return column
