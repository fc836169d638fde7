from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import from_rows, group, to_rows
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame(
    {"k": ["b", "a", None, "b"], "m": [1, 1, 2, 1], "n": [1.0, None, 5.0, 4.0], "s": [*"xyzx"]}
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.none() | st.integers(-9, 9))))
def test_counts_and_sums_are_those_of_the_rows(pairs: list[tuple[Any, Any]]) -> None:
    table = from_rows([{"k": k, "n": n} for k, n in pairs], ["k", "n"])
    if not any(n is not None for _, n in pairs):
        return  # a column of nothing has no sum

    rows = to_rows(group(table, "k", {"*": "count", "n": ["count", "sum"]}))

    assert [row["k"] for row in rows] == list(dict.fromkeys(k for k, _ in pairs))
    for row in rows:
        own = [n for k, n in pairs if k == row["k"]]
        assert row["count"] == len(own)
        assert row["n_count"] == sum(n is not None for n in own)
        assert row["n_sum"] == sum(n for n in own if n is not None)


def test_every_way_to_aggregate() -> None:
    hows: Any = ["distinct", "mean", "median", "sd", "min", "max", "first", "last"]

    rows = to_rows(group(TABLE, "k", {"n": hows, "s": ["distinct", "min", "last"]}))

    assert rows[0] == {
        "k": "b", "n_distinct": 2, "n_mean": 2.5, "n_median": 2.5,
        "n_sd": pytest.approx(2.1213, 1e-4), "n_min": 1, "n_max": 4, "n_first": 1, "n_last": 4,
        "s_distinct": 1, "s_min": "x", "s_last": "x",
    }  # fmt: skip
    assert rows[1]["n_mean"] is None
    assert rows[2]["k"] is None


def test_rows_are_counted_if_nothing_else_is_asked_for() -> None:
    assert to_rows(group(TABLE, ["m", "k"])) == [
        {"m": 1, "k": "b", "count": 2},
        {"m": 1, "k": "a", "count": 1},
        {"m": 2, "k": None, "count": 1},
    ]
    assert len(group(from_rows([], ["k"]), "k")) == 0


@pytest.mark.parametrize(
    ("by", "aggregate", "message"),
    [
        ("x", {}, "no column 'x'"),
        ("k", {"x": "sum"}, "no column 'x'"),
        ("k", {"s": "mean"}, "Column 's' holds text; 'mean' needs numbers"),
        ("k", {"*": "sum"}, "'\\*' has no 'sum'"),
    ],
)
def test_what_cannot_be_grouped_is_refused(by: str, aggregate: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        group(TABLE, by, aggregate)


def test_lists_are_no_groups() -> None:
    with pytest.raises(NodeError, match="Column 'l' holds lists"):
        group(pd.DataFrame({"l": [[1], [2]]}), "l")


def test_a_way_that_does_not_exist_never_reaches_the_body() -> None:
    schema = next(p.type for p in group.signature.inputs if p.name == "aggregate")

    assert "eval" not in str(schema)
    assert "median" in str(schema)
