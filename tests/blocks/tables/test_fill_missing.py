from typing import Any

import pandas as pd
import pytest

from persistentai_lab.blocks.tables import fill_missing, from_rows, to_rows
from persistentai_lab.errors import NodeError


def column(values: list[Any], **how: Any) -> list[Any]:
    return [row["v"] for row in to_rows(fill_missing(from_rows([{"v": v} for v in values]), **how))]


@pytest.mark.parametrize(
    ("how", "filled"),
    [
        ({"value": 9}, [9, 1, 9, 4, 9]),
        ({"value": 0.5}, [0.5, 1, 0.5, 4, 0.5]),
        ({"how": "previous"}, [None, 1, 1, 4, 4]),
        ({"how": "next"}, [1, 1, 4, 4, None]),
        ({"how": "mean"}, [2.5, 1, 2.5, 4, 2.5]),
        ({"how": "median"}, [2.5, 1, 2.5, 4, 2.5]),
    ],
)
def test_fills_by_a_value_a_neighbour_or_the_middle(how: dict[str, Any], filled: Any) -> None:
    assert column([None, 1, None, 4, None], **how) == filled


def test_whole_numbers_and_truth_stay_what_they_are() -> None:
    assert column([True, None], value=False) == [True, False]
    assert [type(value) for value in column([1, None], value=2)] == [int, int]
    assert column([None, None], value="x") == ["x", "x"]


def test_a_value_of_another_kind_is_refused_by_column() -> None:
    table = from_rows([{"n": 1, "s": "a"}, {}])

    with pytest.raises(NodeError, match=r"Column 's' holds text; 0 is of another kind.*columns"):
        fill_missing(table, 0)
    with pytest.raises(NodeError, match="Column 'n' holds whole numbers; True"):
        fill_missing(table, True, "n")
    with pytest.raises(NodeError, match="holds text; a mean needs numbers"):
        fill_missing(table, how="mean")
    assert to_rows(fill_missing(table, 0, "n"))[1] == {"n": 0, "s": None}


def test_a_date_is_filled_by_a_date_written_as_text_only() -> None:
    table = pd.DataFrame({"t": pd.to_datetime(["2026-01-01", None])})

    assert list(fill_missing(table, how="previous")["t"].dt.day) == [1, 1]
    with pytest.raises(NodeError, match="'t' cannot hold 'soon'"):
        fill_missing(table, "soon")


def test_no_value_is_refused_unless_nothing_is_missing() -> None:
    with pytest.raises(NodeError, match="No value was given"):
        fill_missing(from_rows([{"n": None}]))
    assert len(fill_missing(from_rows([{"n": 1}]))) == 1
