"""Points."""

from typing import TYPE_CHECKING

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.plots.paper import (
    COLOURS,
    HEIGHT,
    MARKERS,
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
from persistentai_lab.blocks.plots.series import along, columns, refuse_too_many, split
from persistentai_lab.blocks.tables.frame import kind_of
from persistentai_lab.flow.values import Image, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 200_000


@block(
    title="Scatter plot",
    effect="pure",
    cpu=True,
    examples=(
        Example(
            inputs={
                "table": [
                    {"length": 39.1, "depth": 18.7, "species": "Adelie"},
                    {"length": 46.1, "depth": 13.2, "species": "Gentoo"},
                ],
                "x": "length",
                "y": "depth",
                "by": "species",
            }
        ),
    ),
)
def scatter(
    table: Table,
    x: str,
    y: str,
    *,
    by: str | None = None,
    title: Title = "",
    width: Pixels = WIDTH,
    height: Pixels = HEIGHT,
) -> Image:
    """Draw a point for each row, to show how two things go together.

    Args:
        table: One row a point, at most 200,000. A row in which one of both is missing is left out.
        x: Name of the column along the chart: numbers or dates.
        y: Name of the column of numbers upwards.
        by: Name of a column whose values, at most 8, are told apart by colour and shape.
        title: Stands above; made of the names of the columns when left out.
        width: Width of the image in pixels.
        height: Height of the image in pixels.

    Returns:
        An image that brings its title and a description in words.

    Raises:
        NodeError: There is no such column, it holds no numbers, or there are too many points.
    """
    found = columns(table, [x, y, *([by] if by else [])], [y])
    refuse_too_many(len(found), _MOST, "points", "Take some with `tables.sample`.")
    whole = kind_of(found[x]) == "whole numbers"
    parts = split(found.assign(**{x: along(found[x])}), x, y, by)
    count = sum(len(one.x) for one in parts)

    def paint(axes: "Axes") -> None:
        for place, one in enumerate(parts):
            axes.scatter(
                one.x.to_numpy(), one.y.to_numpy(), s=36 if count < 2000 else 9,
                color=COLOURS[place], marker=MARKERS[place], label=plain(one.name),
                alpha=max(0.2, min(0.8, 400 / count)), linewidths=0,
            )  # fmt: skip
        if by is not None:
            legend(axes, by)
        numbers_on(axes.xaxis, whole=whole)
        numbers_on(axes.yaxis)

    low, high = min(one.y.min() for one in parts), max(one.y.max() for one in parts)
    words = (
        f"Scatter plot of {y} over {x}. {count:,} points; {y} from {number(low)} to {number(high)}."
    )
    if by is not None:
        words += f" {by}: {', '.join(f'{one.name} ({len(one.x):,})' for one in parts)}."
    with drawable():
        return draw(Labels(title or f"{y} over {x}", x, y, words), paint, width, height)
