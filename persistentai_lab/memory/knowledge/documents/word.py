"""DOCX: paragraphs and tables in order, under their headings, by python-docx."""

from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile

from .part import Headings, Part


def read(data: bytes) -> Iterator[Part]:
    """Counted as paragraphs. Raises `ValueError` for what can't be read."""
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    try:
        document = Document(BytesIO(data))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"it is no Word document ({error})") from None
    headings = Headings()
    for number, item in enumerate(document.iter_inner_content(), 1):
        if isinstance(item, Table):
            rows = [" | ".join(cell.text.strip() for cell in row.cells) for row in item.rows]
            text = "\n".join(row for row in rows if row.strip(" |"))
        else:
            text = item.text.strip()
            name = item.style.name if item.style is not None else ""
            if text and (name or "").startswith(("Heading ", "Title")):
                level = name.rpartition(" ")[2]
                headings.enter(int(level) if level.isdigit() else 0, text)
                continue
        if text:
            yield Part(text, "paragraph", number, number, str(headings))
