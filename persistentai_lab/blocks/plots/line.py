"""Lines."""

from typing import TYPE_CHECKING

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.plots.paper import (
    COLOURS,
    HEIGHT,
    MARKERS,
    MOST_SERIES,
    WIDTH,
    Labels,
    Pixels,
    Title,
    draw,
    drawable,
    legend,
    number,
    numbers_on,
    plain,
)
from persistentai_lab.blocks.plots.series import (
    Series,
    along,
    columns,
    groups,
    refuse_too_many,
)
from persistentai_lab.blocks.tables.frame import as_names, kind_of
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Image, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 1_000_000
_MARKED = 50
"""Points of a line up to which each is marked."""


@block(
    title="Line chart",
    effect="pure",
    cpu=True,
    examples=(
        Example(
            inputs={
                "table": [{"year": 2007, "n": 110}, {"year": 2008, "n": 114}],
                "x": "year",
                "y": "n",
            }
        ),
    ),
)
def line(
    table: Table,
    x: str,
    y: str | list[str],
    *,
    by: str | None = None,
    title: Title = "",
    width: Pixels = WIDTH,
    height: Pixels = HEIGHT,
) -> Image:
    """Draw lines through numbers: over time, over other numbers, or over names.

    Args:
        table: One row a point, at most 1,000,000. Numbers and dates are put in order; names stay in
            theirs. Where a number is missing, the line is broken.
        x: Name of the column along the chart: numbers, dates or text.
        y: Names of the columns of numbers; each is a line, at most 8.
        by: Name of a column; each of its values is a line. With a single `y` only.
        title: Stands above; made of the names of the columns when left out.
        width: Width of the image in pixels.
        height: Height of the image in pixels.

    Returns:
        An image that brings its title and a description in words.

    Raises:
        NodeError: There is no such column, it holds no numbers, or there are too many lines.
    """
    names = as_names(y)
    if by is not None and len(names) != 1:
        raise NodeError(
            "With `by`, there is one `y`.", remedy="`tables.unpivot` makes one of many."
        )
    found = columns(table, [x, *names, *([by] if by else [])], names)
    refuse_too_many(len(found), _MOST, "points", "Take some with `tables.sample`, or group them.")
    refuse_too_many(len(names), MOST_SERIES, "lines", "Draw several charts.")
    whole = kind_of(found[x]) == "whole numbers"
    lines = _lines(found.assign(**{x: along(found[x])}), x, names, by)

    def paint(axes: "Axes") -> None:
        for place, one in enumerate(lines):
            axes.plot(
                one.x.to_numpy(), one.y.to_numpy(),
                color=COLOURS[place], linewidth=2, label=plain(one.name),
                marker=MARKERS[place] if len(one.x) <= _MARKED else None, markersize=5,
            )  # fmt: skip
        if len(lines) > 1:
            legend(axes, by or "")
        numbers_on(axes.xaxis, whole=whole)
        numbers_on(axes.yaxis)

    listed = " and ".join(names)
    words = " ".join([f"Line chart of {listed} over {x}.", *map(_in_words, lines)])
    with drawable():
        return draw(Labels(title or f"{listed} over {x}", x, listed, words), paint, width, height)


def _in_words(one: Series) -> str:
    low, high = number(one.y.min()), number(one.y.max())
    return f"{one.name}: {len(one.x):,} points, from {low} to {high}."


def _lines(found: Table, x: str, names: list[str], by: str | None) -> list[Series]:
    there = found[found[x].notna()]
    if not names or there[names].isna().all(axis=None):
        raise NodeError(f"There is nothing to draw: no row has both {x!r} and a number.")
    if there[x].dtype != object:
        there = there.sort_values(x, kind="stable")
    if by is None:
        return [Series(name, there[x], there[name]) for name in names]
    return [Series(name, rows[x], rows[names[0]]) for name, rows in groups(there, by)]
