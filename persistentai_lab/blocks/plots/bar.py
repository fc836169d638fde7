"""Bars."""

from typing import TYPE_CHECKING, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.plots.paper import (
    COLOURS,
    HEIGHT,
    MOST_SERIES,
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
from persistentai_lab.blocks.plots.series import columns, refuse_too_many
from persistentai_lab.blocks.tables.frame import as_names
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Image, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 100


@block(
    title="Bar chart",
    effect="pure",
    cpu=True,
    examples=(
        Example(
            inputs={
                "table": [{"species": "Adelie", "mass": 3701}, {"species": "Gentoo", "mass": 5076}],
                "x": "species",
                "y": "mass",
            }
        ),
    ),
)
def bar(
    table: Table,
    x: str,
    y: str | list[str],
    *,
    title: Title = "",
    horizontal: bool = False,
    width: Pixels = WIDTH,
    height: Pixels = HEIGHT,
) -> Image:
    """Draw a bar for each row. Several columns of numbers stand side by side.

    Args:
        table: One row a bar, at most 100; `tables.group` makes such a table.
        x: Name of the column that says what a bar stands for.
        y: Names of the columns of numbers that say how long it is, at most 8.
        title: Stands above; made of the names of the columns when left out.
        horizontal: Let the bars lie, which leaves room for long names.
        width: Width of the image in pixels.
        height: Height of the image in pixels.

    Returns:
        An image that brings its title and a description in words. A bar whose number is missing is
            left out.

    Raises:
        NodeError: There is no such column, it holds no numbers, or there are too many bars.
    """
    names = as_names(y)
    found = columns(table, [x, *names], names)
    refuse_too_many(len(found), _MOST, "bars", "Take some with `tables.head` or group them before.")
    refuse_too_many(len(names), MOST_SERIES, "columns of numbers", "Draw several charts.")
    if not names or found[names].isna().all(axis=None):
        raise NodeError("There is nothing to draw: no row has a number.")
    ticks = ["missing" if value is None else str(value)
             for value in found[x].astype(object).where(found[x].notna(), None)]  # fmt: skip

    def paint(axes: "Axes") -> None:
        step = 0.8 / len(names)
        put: Any = axes.barh if horizontal else axes.bar
        for place, name in enumerate(names):
            at = [row - 0.4 + step * (place + 0.5) for row in range(len(found))]
            put(at, found[name].fillna(0), step, color=COLOURS[place], label=plain(name))
        _name_bars(axes, ticks, horizontal)
        if len(names) > 1:
            legend(axes, "")

    listed = " and ".join(names)
    labels = Labels(
        title or f"{listed} by {x}",
        *((listed, x) if horizontal else (x, listed)),
        f"Bar chart of {listed} by {x}. {_in_words(found, names, ticks)}",
    )
    return draw(labels, paint, width, height)


def _name_bars(axes: "Axes", ticks: list[str], horizontal: bool) -> None:
    shown = [plain(tick, 30) for tick in ticks]
    if horizontal:
        axes.set_yticks(range(len(shown)), shown)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        numbers_on(axes.xaxis)
        return
    crowded = sum(map(len, shown)) > 80
    axes.set_xticks(range(len(shown)), shown, rotation=90 if crowded else 0)
    axes.grid(visible=False, axis="x")
    numbers_on(axes.yaxis)


def _in_words(found: Table, names: list[str], ticks: list[str]) -> str:
    said = []
    for name in names:
        there = found[name].reset_index(drop=True).dropna()
        if not there.empty:
            rows = there.index.to_list()
            low, high = rows[int(there.argmin())], rows[int(there.argmax())]
            said.append(
                f"{name}: from {number(there[low])} ({ticks[low]}) "
                f"to {number(there[high])} ({ticks[high]})."
            )
    return " ".join([f"{len(ticks)} bars.", *said])
