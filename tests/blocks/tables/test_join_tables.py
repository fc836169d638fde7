from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import from_rows, join, to_rows
from persistentai_lab.errors import NodeError

keys = st.lists(st.none() | st.integers(0, 3), max_size=6)


@settings(max_examples=40)
@given(keys, keys, st.sampled_from(["inner", "left", "right", "outer"]))
def test_finds_the_pairs_that_two_loops_find(left: Any, right: Any, how: Any) -> None:
    one = from_rows([{"k": k, "a": n} for n, k in enumerate(left)], ["k", "a"])
    other = from_rows([{"k": k, "b": n} for n, k in enumerate(right)], ["k", "b"])

    made = join(one, other, "k", how=how)

    pairs = [(n, m) for n, k in enumerate(left) for m, j in enumerate(right)
             if k is not None and k == j]  # fmt: skip
    left_alone = [n for n in range(len(left)) if all(n != a for a, _ in pairs)]
    right_alone = [m for m in range(len(right)) if all(m != b for _, b in pairs)]
    rows = [(row["a"], row["b"]) for row in to_rows(made.table)]
    assert [pair for pair in rows if None not in pair] == pairs
    assert [a for a, b in rows if b is None] == (left_alone if how in ("left", "outer") else [])
    assert [b for a, b in rows if a is None] == (right_alone if how in ("right", "outer") else [])
    assert [row["a"] for row in to_rows(made.left_alone)] == left_alone
    assert [row["b"] for row in to_rows(made.right_alone)] == right_alone


def test_a_column_that_both_have_gets_a_suffix_on_the_right() -> None:
    left, right = from_rows([{"k": 1, "n": 2}]), from_rows([{"k": 1, "n": 3}])

    assert to_rows(join(left, right, ["k"]).table) == [{"k": 1, "n": 2, "n_right": 3}]
    with pytest.raises(NodeError, match="More than one column is called 'n_right'"):
        join(left.assign(n_right=1), right, "k")


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([{"a": 1}], [{"k": 1}], "On the left: The table has no column 'k'"),
        ([{"k": 1}], [{"a": 1}], "On the right: The table has no column 'k'"),
        ([{"k": 1}], [{"k": "1"}], "'k' holds numbers on the left and text on the right"),
        ([{"k": [1]}], [{"k": [1]}], "Column 'k' holds lists"),
    ],
)
def test_what_cannot_be_joined_is_refused(left: Any, right: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        join(from_rows(left), from_rows(right), "k")


def test_far_too_many_pairs_are_refused_before_they_are_made() -> None:
    same = pd.DataFrame({"k": [1] * 10_000})

    with pytest.raises(NodeError, match="100,000,000 pairs"):
        join(same, same, "k")
