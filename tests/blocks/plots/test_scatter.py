import numpy as np
import pandas as pd
import pytest

from persistentai_lab.blocks.plots import scatter
from persistentai_lab.blocks.tables import read_csv
from persistentai_lab.errors import NodeError
from tests.blocks.plots.looks import ink

TABLE = pd.DataFrame(
    {"x": [1.0, 2.0, None, 4.0], "y": [1.0, None, 3.0, np.inf], "k": ["a", None, "b", "c"]}
)


def test_draws_the_penguins_by_species_and_counts_them() -> None:
    image = scatter(read_csv("pai:penguins.csv"), "bill_length_mm", "bill_depth_mm", by="species")

    assert "342 points; bill_depth_mm from 13.1 to 21.5" in image.info["Description"]
    assert "Adelie (151), Gentoo (123), Chinstrap (68)" in image.info["Description"]


def test_rows_without_both_numbers_are_left_out() -> None:
    assert "1 points; y from 1 to 1." in scatter(TABLE, "x", "y").info["Description"]


def test_missing_groups_and_dollar_signs_are_drawn_as_they_are() -> None:
    table = pd.DataFrame({"$x$": [1, 2], "\\frac{": [1, 2], "k": [None, "$\\bad"]})

    assert "missing (1)" in scatter(table, "$x$", "\\frac{", by="k").info["Description"]


def test_the_size_is_in_pixels() -> None:
    image = scatter(TABLE, "x", "y", width=301, height=200)

    assert abs(image.size[0] - 301) <= 1
    assert image.size[1] == 200
    assert ink(image).any()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(NodeError, match=r"200,001 points; 200,000 at most.*tables\.sample"):
        scatter(pd.DataFrame({"x": range(200_001), "y": 0}), "x", "y")
    with pytest.raises(NodeError, match="no row has both 'x' and 'y'"):
        scatter(TABLE.iloc[1:3], "x", "y")
    with pytest.raises(NodeError, match="'k' holds text"):
        scatter(TABLE, "x", "k")
