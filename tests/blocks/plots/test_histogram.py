import numpy as np
import pandas as pd
import pytest

from persistentai_lab.blocks.plots import histogram
from persistentai_lab.blocks.plots.paper import COLOURS
from persistentai_lab.errors import NodeError
from tests.blocks.plots.looks import counts


def test_says_where_the_numbers_lie() -> None:
    image = histogram(pd.DataFrame({"n": [1, 2, 2, 9, None, np.inf]}), "n", bins=4)

    assert image.info["Description"] == (
        "Histogram of n. 4 values from 1 to 9, half of them below 2."
    )
    assert counts(image, COLOURS[0]) > 1000


def test_one_number_alone_can_be_drawn() -> None:
    assert counts(histogram(pd.DataFrame({"n": [5, 5]}), "n", bins=1), COLOURS[0]) > 1000
    assert counts(histogram(pd.DataFrame({"n": [1e300, -1e300]}), "n"), COLOURS[0]) > 100


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(NodeError, match="nothing to draw"):
        histogram(pd.DataFrame({"n": pd.Series([None], dtype="float64")}), "n")
    with pytest.raises(NodeError, match="'s' holds text"):
        histogram(pd.DataFrame({"s": ["a"]}), "s")
    with pytest.raises(NodeError, match="There is: none at all"):
        histogram(pd.DataFrame(), "n")
