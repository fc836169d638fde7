import pandas as pd
import pytest

from persistentai_lab.blocks.statistics import correlation
from persistentai_lab.blocks.tables import from_rows, to_rows
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame({"x": [1, 2, 3, 4], "up": [2, 4, 6, 8], "down": [9.0, 3.0, None, 1.0],
                      "same": 5, "s": list("abcd")})  # fmt: skip


def test_what_rises_together_what_falls_and_what_does_neither() -> None:
    rows = {row["column"]: row for row in to_rows(correlation(TABLE, method="spearman"))}

    assert list(rows) == ["x", "up", "down", "same"]
    assert rows["x"]["up"] == pytest.approx(1)
    assert rows["x"]["down"] == pytest.approx(-1)
    assert rows["x"]["same"] is None


def test_a_column_of_text_and_one_that_is_not_there_are_refused() -> None:
    with pytest.raises(NodeError, match="'s' holds text; a correlation needs numbers"):
        correlation(TABLE, ["x", "s"])
    with pytest.raises(NodeError, match="no column 'y'"):
        correlation(TABLE, "y")


def test_few_rows_have_no_correlation() -> None:
    assert to_rows(correlation(from_rows([{"x": 1, "y": 2}]))) == [
        {"column": "x", "x": None, "y": None},
        {"column": "y", "x": None, "y": None},
    ]
    assert len(correlation(pd.DataFrame())) == 0
