"""How the command line prints things: state as shape, colour and word; columns that line up."""

import json
import re
from collections.abc import Sequence
from typing import Any

import typer

from ..client.words import shape

_STYLE = re.compile(r"\x1b\[[0-9;]*m")

_COLOURS = {
    "running": "cyan",
    "starting": "cyan",
    "waiting": "yellow",
    "paused": "yellow",
    "backing_off": "yellow",
    "completed": "green",
    "failed": "red",
    "timed_out": "red",
    "not_answering": "red",
}


def mark(status: str) -> str:
    """The shape of a state, in its colour."""
    return typer.style(shape(status), fg=_COLOURS.get(status))


def print_json(thing: Any, *, lines: bool = False) -> None:
    """Print one JSON value: indented for a person's eyes, or on one line of its own."""
    typer.echo(json.dumps(thing, ensure_ascii=False, indent=None if lines else 2))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns, each as wide as its widest cell."""
    bare = [[_STYLE.sub("", cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in bare) for column in range(len(heads))]
    for number, row in enumerate((heads, *rows)):
        cells = (
            cell + " " * (width - len(plain))
            for cell, plain, width in zip(row, bare[number], widths, strict=True)
        )
        line = "  ".join(cells).rstrip()
        typer.echo(typer.style(line, dim=True) if number == 0 else line)
