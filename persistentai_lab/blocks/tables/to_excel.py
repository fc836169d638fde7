"""A table as an Excel file."""

from datetime import datetime
from io import BytesIO
from typing import Annotated
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, refused
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table, extra

_MOST_ROWS, _MOST_COLUMNS = 1_048_575, 16_384
_LONG_AGO = datetime(2000, 1, 1)


@block(
    title="Table as Excel",
    effect="pure",
    examples=(Example(inputs={"table": [{"n": 1}, {"n": 2}], "sheet": "Numbers"}),),
)
def to_excel(
    table: Table,
    sheet: Annotated[str, Field(pattern=r"^[^\[\]:*?/\\]{1,31}$")] = "Sheet1",
) -> bytes:
    """Write a table as the bytes of an Excel file (`.xlsx`) with one sheet.

    Text that begins with `=` stays text: what is in a table never becomes a formula.

    Args:
        table: A table of at most 1,048,575 rows and 16,384 columns.
        sheet: Name of the sheet.

    Returns:
        The file's bytes, the same for the same table.

    Raises:
        NodeError: The table is too large, or holds what Excel cannot (times with a time zone,
            control characters).
    """
    with extra():
        import openpyxl  # noqa: F401 - writes for pandas
        import pandas as pd
        from openpyxl.utils.exceptions import IllegalCharacterError
    found = flat(table)
    if len(found) > _MOST_ROWS or len(found.columns) > _MOST_COLUMNS:
        raise NodeError(
            f"The table is {len(found):,} × {len(found.columns):,}; a sheet holds "
            f"{_MOST_ROWS:,} × {_MOST_COLUMNS:,}.",
            remedy="Write CSV or Parquet instead.",
        )
    buffer = BytesIO()
    try:
        with refused("Excel cannot hold this table."), pd.ExcelWriter(buffer, "openpyxl") as book:
            found.to_excel(book, sheet_name=sheet, index=False)
            for row in book.sheets[sheet].iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        cell.data_type = "s"
            book.book.properties.created = _LONG_AGO
    except IllegalCharacterError as problem:
        raise NodeError(f"Excel cannot hold a control character: {problem}") from None
    return _timeless(buffer.getvalue())


def _timeless(data: bytes) -> bytes:
    """The same archive, without the hour at which it was written."""
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _without_modified(content)
            new.writestr(ZipInfo(name), content, compress_type=ZIP_DEFLATED)
    return buffer.getvalue()


def _without_modified(xml: bytes) -> bytes:
    before, _, rest = xml.partition(b"<dcterms:modified")
    return before + rest.partition(b"</dcterms:modified>")[2]
