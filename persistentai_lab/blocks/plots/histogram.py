"""How often."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.plots.paper import (
    COLOURS,
    HEIGHT,
    WIDTH,
    Labels,
    Pixels,
    Title,
    draw,
    legend,
    number,
    numbers_on,
    plain,
)
from persistentai_lab.blocks.plots.series import columns, split
from persistentai_lab.flow.values import Image, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@block(
    title="Histogram",
    effect="pure",
    cpu=True,
    examples=(
        Example(inputs={"table": [{"n": 1}, {"n": 2}, {"n": 2}, {"n": 5}], "column": "n",
                        "bins": 4}),
    ),
)  # fmt: skip
def histogram(
    table: Table,
    column: str,
    *,
    bins: Annotated[int, Field(ge=1, le=1000)] = 30,
    by: str | None = None,
    title: Title = "",
    width: Pixels = WIDTH,
    height: Pixels = HEIGHT,
) -> Image:
    """Draw how often numbers of a column lie in each of so many steps of equal width.

    Args:
        table: Any table. Missing values are left out.
        column: Name of the column of numbers.
        bins: Number of steps between the smallest and the largest number.
        by: Name of a column whose values, at most 8, are drawn above each other.
        title: Stands above; made of the name of the column when left out.
        width: Width of the image in pixels.
        height: Height of the image in pixels.

    Returns:
        An image that brings its title and a description in words.

    Raises:
        NodeError: There is no such column, or it holds no numbers.
    """
    found = columns(table, [column, *([by] if by else [])], [column])
    parts = split(found, column, column, by)
    numbers = found[column].dropna()

    def paint(axes: "Axes") -> None:
        axes.hist(
            [one.x.to_numpy() for one in parts], bins=bins, stacked=True,
            range=(numbers.min(), numbers.max()), color=list(COLOURS[: len(parts)]),
            label=[plain(one.name) for one in parts], edgecolor="white", linewidth=0.5,
        )  # fmt: skip
        axes.grid(visible=False, axis="x")
        if by is not None:
            legend(axes, by)
        numbers_on(axes.xaxis)
        numbers_on(axes.yaxis)

    words = (
        f"Histogram of {column}. {len(numbers):,} values from {number(numbers.min())} to "
        f"{number(numbers.max())}, half of them below {number(numbers.median())}."
    )
    labels = Labels(title or f"How often: {column}", column, "Number of rows", words)
    return draw(labels, paint, width, height)
