"""Rows as text that a person can read."""

from typing import Any, Literal
from unicodedata import combining, east_asian_width

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.rows import columns_of, is_number, require_column


@block(
    title="Table",
    effect="pure",
    examples=(
        Example(
            inputs={
                "rows": [
                    {"species": "Adelie", "count": 151},
                    {"species": "Gentoo", "count": 123},
                ]
            },
            output="species  count\n───────  ─────\nAdelie     151\nGentoo     123",
        ),
        Example(
            inputs={"rows": [{"a": 1.26, "b": None}], "style": "markdown", "digits": 1},
            output="|   a | b   |\n| --: | :-- |\n| 1.3 |     |",
        ),
    ),
)
def table(
    rows: list[dict[str, Any]],
    columns: list[str] | None = None,
    *,
    style: Literal["plain", "markdown"] = "plain",
    digits: int = 2,
) -> str:
    """Write rows as a table with aligned columns, numbers to the right.

    Args:
        rows: One object a row. A row may lack a column; the cell is then empty.
        columns: Which columns, in which order; all of them when left out.
        style: Plain text, or Markdown that is readable as it stands.
        digits: Digits after the point of numbers that are not whole.

    Returns:
        Lines without a line break at the end; empty text for no columns.

    Raises:
        NodeError: A column was asked for that no row has.
    """
    shown = columns_of(rows) if columns is None else columns
    for name in shown:
        require_column(rows, name)
    if not shown:
        return ""
    cells = [[_cell(row.get(name), digits, style) for name in shown] for row in rows]
    to_right = [_is_numeric([row.get(name) for row in rows]) for name in shown]
    head = [_cell(name, digits, style) for name in shown]
    least = 3 if style == "markdown" else 0
    widths = [max(least, *(_width(line[i]) for line in [head, *cells])) for i in range(len(shown))]
    lines = [
        [_aligned(cell, w, r) for cell, w, r in zip(line, widths, to_right, strict=True)]
        for line in [head, *cells]
    ]
    return _markdown(lines, widths, to_right) if style == "markdown" else _plain(lines, widths)


def _plain(lines: list[list[str]], widths: list[int]) -> str:
    ruled = [lines[0], ["─" * width for width in widths], *lines[1:]]
    return "\n".join("  ".join(line).rstrip() for line in ruled)


def _markdown(lines: list[list[str]], widths: list[int], to_right: list[bool]) -> str:
    rule = [
        "-" * (w - 1) + ":" if r else ":" + "-" * (w - 1)
        for w, r in zip(widths, to_right, strict=True)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def _cell(value: Any, digits: int, style: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.{digits}f}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text.replace("|", "\\|") if style == "markdown" else text


def _is_numeric(values: list[Any]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(map(is_number, present))


def _aligned(text: str, width: int, to_right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if to_right else text + gap


def _width(text: str) -> int:
    """Columns on a screen: wide characters take two, combining ones none."""
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )
