import statistics

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.statistics import quantile
from persistentai_lab.errors import NodeError


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_ends_and_middle_are_those_of_the_numbers(values: list[float]) -> None:
    table = pd.DataFrame({"n": [*values, None]})

    assert quantile(table, "n", 0.0) == min(values)
    assert quantile(table, "n", 1.0) == max(values)
    assert quantile(table, "n") == pytest.approx(statistics.median(values), abs=1e-6)


@pytest.mark.parametrize(
    ("column", "message"),
    [("none", "no number in column 'none'"), ("s", "holds text"), ("x", "no column 'x'")],
)
def test_without_numbers_there_is_none(column: str, message: str) -> None:
    table = pd.DataFrame({"s": ["a"], "none": pd.Series([None], dtype="float64")})

    with pytest.raises(NodeError, match=message):
        quantile(table, column)
