"""Comma-separated text to rows."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError

# No leading zeros: 01234 is a postcode or an account, not a number.
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)?(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)

Delimiter = Annotated[str, Field(min_length=1, max_length=1)]
MISSING = ["", "NA"]


@block(
    title="Parse CSV",
    effect="pure",
    examples=(
        Example(
            inputs={"text": "name,mass\nAda,3750\nBo,NA\n"},
            output=[{"name": "Ada", "mass": 3750}, {"name": "Bo", "mass": None}],
        ),
    ),
)
def parse(
    text: str, *, delimiter: Delimiter = ",", missing: list[str] = MISSING
) -> list[dict[str, Any]]:
    """Read comma-separated text whose first line names the columns.

    A column whose values are all numbers holds numbers; otherwise all its values stay text, as
    they were written. Numbers with leading zeros are text, for they are codes.

    Args:
        text: The table. Values in double quotes may hold delimiters and line breaks.
        delimiter: One character between two values.
        missing: How a missing value is written; it becomes null.

    Returns:
        One object a row. Empty lines are passed over.

    Raises:
        NodeError: The text is empty, a column has no name or the name of another, a line is longer
            or shorter than the first, or a quote is never closed. The line is named.
    """
    rows = _lines(text, delimiter)
    header = next(rows, (0, []))[1]
    _check_header(header)
    cells = [_fitting(line, row, header) for line, row in rows]
    absent = frozenset(missing)
    columns = [_typed([row[i] for row in cells], absent) for i in range(len(header))]
    return [dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True)]


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as problem:
        raise NodeError(
            f"Line {reader.line_num} cannot be read: {problem}.",
            remedy="Check the quotes in it, and the delimiter.",
        ) from None


def _check_header(header: list[str]) -> None:
    if not header:
        raise NodeError("The text is empty.", remedy="The first line names the columns.")
    unnamed = [str(n) for n, name in enumerate(header, start=1) if not name.strip()]
    if unnamed:
        raise NodeError(f"Column {', '.join(unnamed)} has no name.", remedy="Name it in line 1.")
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise NodeError(
            f"More than one column is called {', '.join(map(repr, double))}.",
            remedy="Give each column its own name in line 1.",
        )


def _fitting(line: int, row: list[str], header: list[str]) -> list[str]:
    if len(row) != len(header):
        raise NodeError(
            f"Line {line} has {len(row)} values, but there are {len(header)} columns.",
            remedy="Is the delimiter right? A value that holds one stands in double quotes.",
        )
    return row


def _typed(values: list[str], missing: frozenset[str]) -> list[Any]:
    present = [value for value in values if value not in missing]
    convert: type[int] | type[float] | None = None
    if present and all(map(_INTEGER.fullmatch, present)):
        convert = int
    elif present and all(map(_is_number, present)):
        convert = float
    return [None if value in missing else convert(value) if convert else value for value in values]


def _is_number(text: str) -> bool:
    return any(map(str.isdigit, text)) and _NUMBER.fullmatch(text) is not None
