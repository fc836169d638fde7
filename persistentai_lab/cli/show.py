"""How the command line prints things: state as shape, colour and word; columns that line up."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

_STYLE = re.compile(r"\x1b\[[0-9;]*m")

MARKS = {
    "queued": ("○", None),
    "running": ("◔", "cyan"),
    "starting": ("◔", "cyan"),
    "waiting": ("☻", "yellow"),
    "paused": ("☻", "yellow"),
    "backing_off": ("↻", "yellow"),
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "timed_out": ("✗", "red"),
    "not_answering": ("✗", "red"),
    "skipped": ("–", None),
    "cancelled": ("■", None),
    "stopped": ("■", None),
}


def mark(status: str) -> str:
    """The shape of a state, in its colour."""
    shape, colour = MARKS.get(status, ("·", None))
    return typer.style(shape, fg=colour)


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


def ago(moment: datetime | None) -> str:
    """`12 s ago`."""
    if moment is None:
        return ""
    return f"{lasted((datetime.now(UTC) - moment).total_seconds())} ago"


def between(start: datetime | None, end: datetime | None) -> str:
    """How long something took, or has taken so far."""
    if start is None:
        return ""
    return lasted(((end or datetime.now(UTC)) - start).total_seconds())


def lasted(seconds: float) -> str:
    """A duration for people."""
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def shorten(text: str, width: int) -> str:
    """Text on one line of at most `width` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"
