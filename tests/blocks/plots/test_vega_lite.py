import json
import math
from typing import Any

import pandas as pd
import pytest

from persistentai_lab.blocks.plots import vega_lite
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame(
    {
        "t": pd.to_datetime(["2026-01-01", "2026-01-02"]),
        "n": [1.5, math.inf],
        "a.b[c]": ["x", None],
        "other": [1, 2],
    }
)


def test_says_of_each_column_what_it_is_and_carries_what_is_drawn() -> None:
    spec = vega_lite(TABLE, "line", "t", "n", colour="a.b[c]")

    encoding: Any = spec["encoding"]
    assert [encoding[c]["type"] for c in ("x", "y", "color")] == [
        "temporal", "quantitative", "nominal",
    ]  # fmt: skip
    assert encoding["color"]["field"] == "a\\.b\\[c\\]"
    assert spec["data"] == {
        "values": [
            {"t": "2026-01-01T00:00:00", "n": 1.5, "a.b[c]": "x"},
            {"t": "2026-01-02T00:00:00", "n": None, "a.b[c]": None},
        ]
    }
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_counts_rows_or_aggregates_a_column() -> None:
    counted: Any = vega_lite(TABLE, "bar", "t")
    added: Any = vega_lite(TABLE, "bar", "t", "n", aggregate="mean")

    assert counted["encoding"]["y"]["aggregate"] == "count"
    assert counted["title"] == "Number of rows by t"
    assert (added["encoding"]["y"]["aggregate"], added["title"]) == ("mean", "mean of n by t")


def test_anything_else_is_merged_over_it() -> None:
    more = {"width": 600, "encoding": {"y": {"scale": {"type": "log"}}}, "title": None}
    spec: Any = vega_lite(TABLE, "bar", "t", "n", more=more)

    assert spec["width"] == 600
    assert spec["encoding"]["y"]["field"] == "n"
    assert spec["encoding"]["y"]["scale"] == {"type": "log"}
    assert "title" not in spec


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"data": {"url": "http://x"}}, "more.data.url"),
        ({"layer": [{"mark": {"type": "image"}}]}, r"more.layer\[0\].mark.type"),
        ({"mark": "image"}, "more.mark"),
        ({"encoding": {"href": {"value": "javascript:1"}}}, "more.encoding.href"),
    ],
)
def test_nothing_is_ever_fetched(more: dict[str, Any], place: str) -> None:
    with pytest.raises(NodeError, match=f"{place} would make the browser fetch"):
        vega_lite(TABLE, "bar", "t", more=more)


def test_a_long_table_is_refused_not_cut() -> None:
    long = pd.DataFrame({"x": range(5001)})

    with pytest.raises(NodeError, match=r"5,001 rows; 5,000 are allowed.*limit"):
        vega_lite(long, "bar", "x")
    assert len(vega_lite(long, "bar", "x", limit=6000)["data"]["values"]) == 5001


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(NodeError, match=r"no column 'z'.*There is: 't'"):
        vega_lite(TABLE, "bar", "t", "z")
    with pytest.raises(NodeError, match="holds text; 'sum' needs numbers"):
        vega_lite(TABLE, "bar", "t", "a.b[c]", aggregate="sum")
    assert vega_lite(TABLE.head(0), "bar", "t", "n")["data"] == {"values": []}
