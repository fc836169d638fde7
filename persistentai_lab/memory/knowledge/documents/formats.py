"""Which reader a document takes: by the end of its name, and by how it begins."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from . import code, html, markdown, notebook, pdf, plain, word
from .part import Part

Reader = Callable[[bytes], Iterator[Part]]
READERS: dict[str, Reader] = {
    ".pdf": pdf.read,
    ".docx": word.read,
    ".html": html.read, ".htm": html.read, ".xhtml": html.read,
    ".md": markdown.read, ".markdown": markdown.read, ".qmd": markdown.read,
    ".ipynb": notebook.read,
    ".py": code.read_python, ".pyi": code.read_python,
}  # fmt: skip
_BEGINNINGS: tuple[tuple[bytes, Reader], ...] = (
    (b"%PDF-", pdf.read),
    (b"PK\x03\x04", word.read),
    (b"<!doctype html", html.read),
    (b"<html", html.read),
)
CODE = frozenset(
    {
        ".c", ".cc", ".cfg", ".cpp", ".cs", ".css", ".go", ".h", ".hpp", ".ini", ".java", ".jl",
        ".js", ".json", ".jsx", ".kt", ".lua", ".php", ".r", ".rb", ".rs", ".scala", ".sh",
        ".sql", ".swift", ".toml", ".ts", ".tsx", ".yaml", ".yml",
    }
)  # fmt: skip


def reader_of(name: str, data: bytes) -> Reader:
    """The reader for a document."""
    ending = PurePosixPath(name).suffix.lower()
    if ending in READERS:
        return READERS[ending]
    if ending in CODE:
        return code.read_other
    start = data[:64].lstrip().lower()
    for beginning, reader in _BEGINNINGS:
        if start.startswith(beginning.lower()):
            return reader
    return plain.read
