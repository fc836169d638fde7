"""Notebooks: cells, their text and code; of outputs what is text."""

import json
from collections.abc import Iterator
from typing import Any

from .markdown import blocks
from .part import Headings, Part
from .plain import decoded

OUTPUT_MAX = 2_000
"""Characters of what a cell showed."""


def read(data: bytes) -> Iterator[Part]:
    """Counted as cells. Raises `ValueError` for what is no notebook."""
    import nbformat

    try:
        book = nbformat.reads(decoded(data), as_version=4)  # type: ignore[no-untyped-call]
    except (json.JSONDecodeError, nbformat.ValidationError, KeyError, AttributeError) as error:
        raise ValueError(f"it is no notebook ({str(error)[:100]})") from None
    headings = Headings()
    for number, cell in enumerate(book.cells, 1):
        if cell.cell_type == "markdown":
            yield from _markdown(cell.source, number, headings)
            continue
        text = cell.source.strip()
        if shown := "\n".join(_shown(output) for output in cell.get("outputs", ())).strip():
            text += f"\n# shows:\n{shown[:OUTPUT_MAX]}"
        if text.strip():
            yield Part(text, "cell", number, number, str(headings))


def _markdown(source: str, number: int, headings: Headings) -> Iterator[Part]:
    for line in source.splitlines():
        hashes = len(line) - len(line.lstrip("#"))
        if 0 < hashes <= 6 and line[hashes : hashes + 1] == " ":
            headings.enter(hashes, line[hashes:])
    for part in blocks(source):
        yield Part(part.text, "cell", number, number, str(headings))


def _shown(output: Any) -> str:
    data = output.get("data", {})
    text = output.get("text") or data.get("text/plain") or ""
    return text if isinstance(text, str) else "".join(text)
