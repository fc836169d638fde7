"""The code of a notebook as it stands in its file, cell by cell. Nothing of it is run."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..blocks.cells import AROUND_PYTHON, NOTEBOOK
from ..errors import FlowNotFound

_ANNOTATIONS = 0x1000000
"""Compiler's flag of `from __future__ import annotations`."""


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A cell that parses."""

    number: int
    """Counted over code cells, from 1 on."""
    file: str
    """What tracebacks call it."""
    text: str
    statements: tuple[ast.stmt, ...]
    flags: int = 0
    """What `from __future__` says, in this cell or one before."""


def read_cells(path: Path) -> tuple[CodeCell, ...]:
    """The code cells of a notebook; those that are only magics have no statements.

    Raises:
        FlowNotFound: The file is no notebook of Python, or a cell does not parse.
    """
    cells = []
    flags = 0
    for number, source in enumerate(_sources(path), 1):
        text = _as_python(source)
        file = f"{NOTEBOOK}{path.name}, cell {number}>"
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise _unparsed(path, number, text, error) from None
        if any(isinstance(it, ast.ImportFrom) and it.module == "__future__" for it in tree.body):
            flags = _ANNOTATIONS
        cells.append(CodeCell(number, file, text, tuple(tree.body), flags))
    return tuple(cells)


def _sources(path: Path) -> Iterator[str]:
    notebook = _read(path)
    language = notebook.get("metadata", {}).get("language_info", {}).get("name", "python")
    if language != "python":
        raise FlowNotFound(
            f"{str(path)!r} is a notebook of {language}.", remedy="Flows are written in Python."
        )
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            source = cell.get("source", "")
            yield source if isinstance(source, str) else "".join(source)


def _read(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FlowNotFound(
            f"{str(path)!r} cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    except ValueError:
        notebook = None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise FlowNotFound(
            f"{str(path)!r} is not a notebook of format 4.",
            remedy="Open it in JupyterLab and save it again.",
        )
    return notebook


def _as_python(source: str) -> str:
    """The cell as IPython runs it; a cell magic around Python is taken off."""
    from IPython.core.inputtransformer2 import TransformerManager

    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%") and first[2:].split(" ")[0] in AROUND_PYTHON:
        source = f"\n{rest}"  # its lines keep their numbers
    return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]


def _unparsed(path: Path, number: int, text: str, error: Exception) -> FlowNotFound:
    line = getattr(error, "lineno", None) or 1
    lines = text.splitlines()
    typed = lines[line - 1].strip() if line <= len(lines) else ""
    why = error.msg if isinstance(error, SyntaxError) else str(error)
    return FlowNotFound(
        f"Code cell {number} of {path.name!r} is not Python: line {line}: {typed!r} ({why}).",
        remedy="Correct the cell, or make it text if it is none.",
    )
