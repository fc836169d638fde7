"""A chart as its description in Vega-Lite."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.json.merge import merge
from persistentai_lab.blocks.tables.frame import flat, kind_of, require_columns, require_numbers
from persistentai_lab.blocks.tables.to_rows import to_rows
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Mark = Literal["bar", "line", "point", "area", "tick", "rect", "arc", "boxplot"]
Aggregate = Literal["count", "sum", "mean", "median", "min", "max"]

_QUANTITIES = {"numbers", "whole numbers", "decimal numbers"}
_FETCHING = {"url", "href", "lookup"}
"""Keys by which a browser would be sent somewhere else than to the data that is given."""


@block(
    title="Vega-Lite chart",
    effect="pure",
    examples=(
        Example(
            inputs={
                "table": [{"species": "Adelie", "mass": 3701}, {"species": "Gentoo", "mass": 5076}],
                "mark": "bar",
                "x": "species",
                "y": "mass",
            },
            output={
                "$schema": SCHEMA,
                "title": "mass by species",
                "description": "bar chart of mass by species, 2 rows",
                "data": {
                    "values": [
                        {"species": "Adelie", "mass": 3701},
                        {"species": "Gentoo", "mass": 5076},
                    ]
                },
                "mark": {"type": "bar", "tooltip": True},
                "encoding": {
                    "x": {"field": "species", "title": "species", "type": "nominal", "sort": None},
                    "y": {"field": "mass", "title": "mass", "type": "quantitative"},
                },
            },
        ),
    ),
)
def vega_lite(
    table: Table,
    mark: Mark,
    x: str,
    y: str | None = None,
    *,
    colour: str | None = None,
    aggregate: Aggregate | None = None,
    title: str = "",
    more: dict[str, Any] | None = None,
    limit: Annotated[int, Field(ge=1, le=50_000)] = 5000,
) -> dict[str, Any]:
    """Describe a chart in Vega-Lite: JupyterLab draws it, sharp at any size and with tooltips.

    Args:
        table: The rows. Those of the columns that are drawn become part of the chart.
        mark: What is drawn for each row.
        x: Name of the column along the chart.
        y: Name of the column upwards; the number of rows when left out.
        colour: Name of a column whose values are told apart by colour.
        aggregate: What is drawn of all rows that have the same `x` and `colour`.
        title: Stands above; made of the names of the columns when left out.
        more: Anything else that Vega-Lite knows, merged over the description:
            `{"width": 600, "encoding": {"y": {"scale": {"type": "log"}}}}`.
        limit: Most rows, for all of them travel with the chart. A longer table is refused rather
            than cut.

    Returns:
        A Vega-Lite specification with its data in it.

    Raises:
        NodeError: There is no such column, it holds no numbers where some are needed, the table is
            too long, or `more` would fetch something.

    Source:
        Satyanarayan et al. (2017), "Vega-Lite: A Grammar of Interactive Graphics".
    """
    found = flat(table)
    names = list(dict.fromkeys(name for name in (x, y, colour) if name is not None))
    require_columns(found, names)
    if len(found) > limit:
        raise NodeError(
            f"The chart would carry {len(found):,} rows; {limit:,} are allowed.",
            remedy="Group the table or take some with `tables.sample`, or raise `limit`.",
        )
    if aggregate in ("sum", "mean", "median"):
        require_numbers(found, [y] if y else [], f"{aggregate!r}")
    if place := _fetches(more, "more"):
        raise NodeError(
            f"{place} would make the browser fetch something.",
            remedy="Everything that is drawn comes from the table.",
        )
    upwards = {"aggregate": "count", "type": "quantitative", "title": "Number of rows"}
    if y is not None:
        upwards = _channel(found, y) if aggregate != "count" else upwards
        if aggregate not in (None, "count"):
            upwards = {**upwards, "aggregate": aggregate, "title": f"{aggregate} of {y}"}
    encoding = {"x": _channel(found, x), "y": upwards}
    if colour is not None:
        encoding["color"] = _channel(found, colour)
    what = f"{upwards['title']} by {x}"
    spec = {
        "$schema": SCHEMA,
        "title": title or what,
        "description": f"{mark} chart of {what}, {len(found):,} rows",
        "data": {"values": [_finite(row) for row in to_rows(found[names], limit)]},
        "mark": {"type": mark, "tooltip": True},
        "encoding": encoding,
    }
    return merge(spec, more) if more else spec


def _channel(table: Table, name: str) -> dict[str, Any]:
    kind = kind_of(table[name])
    channel: dict[str, Any] = {"field": _escaped(name), "title": name}
    if kind in _QUANTITIES:
        return {**channel, "type": "quantitative"}
    if kind == "dates":
        return {**channel, "type": "temporal"}
    return {**channel, "type": "nominal", "sort": None}  # in the order of the rows


def _escaped(name: str) -> str:
    """The name of a field: to Vega-Lite, a dot leads into an object."""
    return "".join(f"\\{char}" if char in ".[]\\'\"" else char for char in name)


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }


def _fetches(value: Any, place: str) -> str | None:
    """Where a specification asks for something from elsewhere; None if nowhere."""
    if isinstance(value, list):
        found = (_fetches(item, f"{place}[{at}]") for at, item in enumerate(value))
        return next(filter(None, found), None)
    if not isinstance(value, dict):
        return None
    for name, item in value.items():
        inner = f"{place}.{name}"
        if name in _FETCHING or (name in ("type", "mark") and item == "image"):
            return inner
        if (deeper := _fetches(item, inner)) is not None:
            return deeper
    return None
