import datetime as dt

import pandas as pd
import pytest

from persistentai_lab.blocks.plots import line
from persistentai_lab.blocks.plots.paper import COLOURS
from persistentai_lab.errors import NodeError
from tests.blocks.plots.looks import counts

DAYS = pd.date_range("2026-01-01", periods=100)
TABLE = pd.DataFrame({"t": DAYS, "a": range(100), "b": range(100, 0, -1), "k": ["x", "y"] * 50})


@pytest.mark.parametrize(
    "x",
    [
        DAYS,
        DAYS.tz_localize("Europe/Berlin"),
        [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(100)],
        [f"name {n}" for n in range(100)],
        [2000 + n for n in range(100)],
        pd.Categorical(["q", "r"] * 50),
    ],
)
def test_goes_along_dates_numbers_and_names(x: object) -> None:
    image = line(TABLE.assign(t=x), "t", "a")

    assert counts(image, COLOURS[0]) > 300
    assert image.info["Description"] == "Line chart of a over t. a: 100 points, from 0 to 99."


def test_the_order_of_rows_does_not_matter_along_numbers() -> None:
    ordered = pd.DataFrame({"x": [1, 2, 3], "y": [1, 5, 2]})

    assert line(ordered, "x", "y").tobytes() == line(ordered.iloc[[2, 0, 1]], "x", "y").tobytes()


def test_a_missing_number_breaks_the_line() -> None:
    broken = TABLE.assign(a=TABLE["a"].where(~TABLE.index.isin(range(40, 60))))

    assert counts(line(broken, "t", "a"), COLOURS[0]) < 0.9 * counts(
        line(TABLE, "t", "a"), COLOURS[0]
    )


def test_several_columns_or_the_values_of_one_are_lines() -> None:
    assert "x: 50 points" in line(TABLE, "t", "a", by="k").info["Description"]
    assert counts(line(TABLE, "t", ["a", "b"]), COLOURS[1]) > 300


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(NodeError, match="With `by`, there is one `y`"):
        line(TABLE, "t", ["a", "b"], by="k")
    with pytest.raises(NodeError, match="no column 'x'"):
        line(TABLE, "t", "a", by="x")
    with pytest.raises(NodeError, match="nothing to draw"):
        line(TABLE.head(0), "t", "a")
    with pytest.raises(NodeError, match="'t' has 100 values; 8 are told apart"):
        line(TABLE, "a", "b", by="t")
    with pytest.raises(NodeError, match="holds lists"):
        line(TABLE.assign(k=[[1]] * 100), "t", "a", by="k")
