import datetime as dt
import decimal
import json
import math

import numpy as np
import pandas as pd
import pytest

from persistentai_lab.blocks.tables import to_rows
from persistentai_lab.errors import NodeError


def test_everything_becomes_json_and_what_is_missing_null() -> None:
    table = pd.DataFrame(
        {
            "time": pd.to_datetime(["2026-01-02T03:04:05Z", None]),
            "day": [dt.date(2026, 1, 2), None],
            "span": pd.to_timedelta([90, None], unit="s"),
            "kind": pd.Categorical(["a", None]),
            "exact": [decimal.Decimal("1.50"), None],
            "list": [np.array([1, 2]), None],
            "bytes": [b"\x00", None],
            "x": [1.5, math.nan],
            "n": pd.array([1, None], dtype="Int8"),
            "b": pd.array([True, None], dtype="boolean"),
        }
    )

    first, second = to_rows(table)

    assert first == {
        "time": "2026-01-02T03:04:05Z",
        "day": "2026-01-02",
        "span": "PT1M30S",
        "kind": "a",
        "exact": "1.50",
        "list": [1, 2],
        "bytes": "AA==",
        "x": 1.5,
        "n": 1,
        "b": True,
    }
    assert set(second.values()) == {None}
    assert json.loads(json.dumps(first)) == first


def test_an_index_that_has_a_name_is_a_column() -> None:
    table = pd.DataFrame({"k": ["a", "a", "b"], "n": [1, 2, 3]})

    assert to_rows(table.groupby("k").sum()) == [{"k": "a", "n": 3}, {"k": "b", "n": 3}]
    assert to_rows(table[table.n > 2]) == [{"k": "b", "n": 3}]


def test_a_long_table_is_refused_not_cut() -> None:
    table = pd.DataFrame({"n": range(11)})

    assert len(to_rows(table, limit=11)) == len(to_rows(table, limit=None)) == 11
    with pytest.raises(NodeError, match=r"11 rows; 10 are made at most.*tables\.head"):
        to_rows(table, limit=10)


def test_what_has_no_json_form_is_refused_by_column() -> None:
    with pytest.raises(NodeError, match="Column 'o' holds what has no JSON form"):
        to_rows(pd.DataFrame({"o": [object()]}))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(NodeError, match="More than one column is called 'a'"):
        to_rows(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(NodeError, match="name of an index"):
        to_rows(pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a")))


def test_an_empty_table_has_no_rows() -> None:
    assert to_rows(pd.DataFrame()) == []
    assert to_rows(pd.DataFrame({"a": []})) == []
