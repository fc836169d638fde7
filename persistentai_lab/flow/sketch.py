"""What people see of a large value: what it is, and how it begins. Bounded, whatever it is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ..ids import Json

SMALL = 400
"""Bytes of JSON up to which a value is shown whole, and so needs no sketch."""
ROWS, COLUMNS, ITEMS, CHARACTERS, DEPTH = 5, 8, 5, 60, 3
TEXT = 600
"""Characters of a text that is the whole value."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A value in a few words and a few hundred bytes."""

    about: str
    """`344 × 8 table`, `list of 1,200`."""
    head: Json = None
    """Its beginning: of a table `{"columns": [...], "rows": [...]}`; None shows nothing."""


def sketch_json(value: object) -> Sketch:
    """Of a JSON value."""
    match value:
        case str():
            head = value[:TEXT].encode(errors="replace").decode()
            return Sketch(f"text of {len(value):,} characters", head)
        case list():
            return Sketch(f"list of {len(value):,}", beginning(value))
        case dict():
            return Sketch(f"object with {len(value):,} keys", beginning(value))
        case _:
            return Sketch(type(value).__name__, beginning(value))


def sketch_table(
    size: tuple[int, int], columns: Sequence[object], rows: Sequence[Sequence[object]]
) -> Sketch:
    """Of a table, from its first rows.

    Args:
        size: Rows and columns in all.
        columns: Names of the first columns.
        rows: Values of the first rows, in those columns.
    """
    head: dict[str, Json] = {
        "columns": [_cell(name) for name in columns[:COLUMNS]],
        "rows": [[_cell(value) for value in row[:COLUMNS]] for row in rows[:ROWS]],
    }
    return Sketch(f"{size[0]:,} × {size[1]:,} table", head)


def beginning(value: object, depth: int = DEPTH) -> Json:
    """The first items of each list and object, the first characters of each text."""
    if isinstance(value, Mapping):
        if not depth:
            return "{…}"
        first = islice(value.items(), ITEMS + COLUMNS)
        return {str(name)[:CHARACTERS]: beginning(item, depth - 1) for name, item in first}
    if isinstance(value, list | tuple):
        return [beginning(item, depth - 1) for item in value[:ITEMS]] if depth else "[…]"
    return _cell(value)


def _cell(value: object) -> Json:
    """One value that fits into a cell."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    text = str(value).encode(errors="replace").decode()  # no half characters: it is to be kept
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
