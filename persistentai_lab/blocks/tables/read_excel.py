"""A sheet of an Excel file to a table."""

from io import BytesIO
from zipfile import BadZipFile

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.location import read_bytes
from persistentai_lab.blocks.tables.from_rows import from_rows
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table, extra


@block(
    title="Read Excel",
    effect="read",
    examples=(Example(inputs={"path": "budget.xlsx", "sheet": "2026"}),),
)
def read_excel(path: str, sheet: str | None = None) -> Table:
    """Read one sheet of an Excel file (`.xlsx`) into a table. Its first line names the columns.

    Formulas give the values that were saved with them; nothing in the file is ever run.

    Args:
        path: A file on the worker's machine. A relative path starts at the folder
            `PERSISTENTAI_FILES`.
        sheet: Name of the sheet; the first when left out.

    Returns:
        A table. A line that is empty throughout is left out.

    Raises:
        NodeError: The file is missing or no Excel file, there is no such sheet, or a column mixes
            numbers and text.
    """
    with extra():
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    data = read_bytes(path)
    try:
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as problem:
        raise NodeError(
            f"{path!r} is no Excel file: {problem}.", remedy="Save it as `.xlsx`, or as CSV."
        ) from None
    names = book.sheetnames
    if sheet is not None and sheet not in names:
        raise NodeError(
            f"There is no sheet {sheet!r}.", remedy=f"There is: {', '.join(map(repr, names))}."
        )
    lines = book[sheet or names[0]].iter_rows(values_only=True)
    head, *rows = [line for line in lines if any(cell is not None for cell in line)] or [()]
    columns = _named(head)
    cells = [dict(zip(columns, row, strict=False)) for row in rows]
    return from_rows(cells, [name for name in columns if name])


def _named(head: tuple[object, ...]) -> list[str]:
    """Names of the columns; empty for one without a name, which is left out."""
    names = ["" if cell is None else str(cell).strip() for cell in head]
    if not any(names):
        raise NodeError("The sheet is empty.", remedy="Its first line names the columns.")
    double = sorted({name for name in names if name and names.count(name) > 1})
    if double:
        raise NodeError(f"More than one column is called {', '.join(map(repr, double))}.")
    return names
