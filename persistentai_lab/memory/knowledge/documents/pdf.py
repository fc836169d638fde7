"""PDF: the text of each page, by pypdf."""

import re
from collections.abc import Iterator
from io import BytesIO

from .part import Part

_BROKEN_WORD = re.compile(r"(?<=\w)-\n(?=[a-zäöüß])")


def read(data: bytes) -> Iterator[Part]:
    """Paragraphs by page. Raises `ValueError` for what can't be read."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it is locked with a password")
        for number, page in enumerate(reader.pages, 1):
            text = _BROKEN_WORD.sub("", page.extract_text() or "")
            for paragraph in re.split(r"\n\s*\n", text):
                if paragraph.strip():
                    yield Part(paragraph.strip(), "page", number, number)
    except (PyPdfError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it is no whole PDF ({error})") from None
