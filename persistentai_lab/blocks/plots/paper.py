"""What a chart is drawn on: white paper, dark letters, colours that the colour-blind tell apart.

On its own paper a chart reads the same in a light and in a dark theme. Each chart has a figure of
its own; matplotlib's list of figures and its settings stay as they were.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Image, extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pixels = Annotated[int, Field(ge=200, le=4000)]
Title = Annotated[str, Field(max_length=500)]

WIDTH, HEIGHT = 960, 600
_DPI = 120
_INK, _PALE = "#24292f", "#d5d9de"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#5d3a9b")
"""Okabe and Ito's, which the colour-blind tell apart, and two more."""
MARKERS = "os^DvPX*"
MOST_SERIES = len(COLOURS)


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands around a chart."""

    title: str
    x: str
    y: str
    words: str
    """The chart in words, for those who can't see it."""


def draw(labels: Labels, paint: Callable[["Axes"], None], width: int, height: int) -> Image:
    """Paint a chart and return it as an image that knows its title and what it shows."""
    with extra():
        from matplotlib import rc_context, rcParamsDefault
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from PIL import Image as images
    with rc_context(_neutral(rcParamsDefault)):
        figure = Figure((width / _DPI, height / _DPI), dpi=_DPI, facecolor="white",
                        layout="constrained")  # fmt: skip
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.subplots()
        _dress(axes, labels)
        paint(axes)
        canvas.draw()
        size = canvas.get_width_height()
        image = images.frombytes("RGBA", size, bytes(canvas.buffer_rgba())).convert("RGB")
    image.info |= {"Title": labels.title, "Description": labels.words}
    return image


def _neutral(defaults: Any) -> dict[Any, Any]:
    """The settings that matplotlib comes with, whatever a file on this machine says."""
    kept = ("backend", "interactive", "toolbar", "webagg", "tk.", "date.epoch")
    return {name: defaults[name] for name in defaults if not name.startswith(kept)}


def _dress(axes: "Axes", labels: Labels) -> None:
    axes.set_title(plain(labels.title), loc="left", fontsize=13, color=_INK, pad=12, wrap=True)
    axes.set_xlabel(plain(labels.x), fontsize=11, color=_INK)
    axes.set_ylabel(plain(labels.y), fontsize=11, color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_INK)
    axes.tick_params(colors=_INK, labelsize=10)
    axes.grid(color=_PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def plain(text: object, longest: int = 60) -> str:
    """Text as it is: a dollar sign begins no formula, and what is long is cut."""
    one = " ".join(str(text).split())
    return (one if len(one) <= longest else f"{one[: longest - 1]}…").replace("$", r"\$")


def number(value: float) -> str:
    """A number as people write it: six digits that count, commas from 10,000 on."""
    rounded = float(f"{value:.6g}")
    if rounded and not 1e-4 <= abs(rounded) < 1e15:
        return f"{rounded:g}"
    return f"{rounded:,.15g}" if abs(rounded) >= 10_000 else f"{rounded:.10g}"


def numbers_on(axis: Any, *, whole: bool = False) -> None:
    """Write the numbers of an axis out, without a factor somewhere in the corner."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, ScalarFormatter

    if isinstance(axis.get_major_formatter(), ScalarFormatter):
        axis.set_major_formatter(FuncFormatter(lambda value, _place: number(value)))
        if whole:
            axis.set_major_locator(MaxNLocator(integer=True))


def legend(axes: "Axes", title: str) -> None:
    """Name the series, beside the chart rather than upon it."""
    axes.legend(
        title=plain(title), loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=10
    )


@contextmanager
def drawable() -> Iterator[None]:
    """What matplotlib cannot draw, in our words."""
    try:
        yield
    except (ValueError, TypeError, OverflowError) as problem:
        raise NodeError(f"This cannot be drawn: {' '.join(str(problem).split())[:200]}.") from None
