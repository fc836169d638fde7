"""A value in a cell as what it is: a table, an image, a chart, and not its text alone."""

from collections.abc import Mapping
from typing import Any

from ..errors import LabError

VEGA_LITE = "vega.github.io/schema/vega-lite/v"


class NoNotebook(LabError):
    """There is no cell to show anything in."""

    code = "no_notebook"


def show(value: Any) -> None:
    """Display a value in the current cell. Raises `NoNotebook` outside of one."""
    try:
        from IPython.display import display
    except ImportError:
        raise NoNotebook(
            "There is no notebook to show this in.", remedy="Use `.output`, and print it."
        ) from None
    chart = chart_of(value)
    if chart:
        display({**chart, "text/plain": repr(value)}, raw=True)  # type: ignore[no-untyped-call]
    else:
        display(value)  # type: ignore[no-untyped-call]


def chart_of(value: Any) -> dict[str, Any]:
    """A Vega-Lite specification under the media type that front ends draw; nothing for others."""
    if not isinstance(value, Mapping) or not isinstance(value.get("$schema"), str):
        return {}
    before, found, version = value["$schema"].partition(VEGA_LITE)
    major = version.partition(".")[0]
    if not found or before not in ("https://", "http://") or not major.isdigit():
        return {}
    return {f"application/vnd.vegalite.v{major}+json": dict(value)}
