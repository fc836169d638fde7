from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import group_by

keys = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, "0"])


@given(st.lists(keys))
def test_every_row_is_in_exactly_one_group_with_its_equals(values: list[Any]) -> None:
    rows = [{"k": value, "at": at} for at, value in enumerate(values)]

    groups = group_by(rows, "k")

    together = [row["at"] for group in groups for row in group["rows"]]
    assert sorted(together) == list(range(len(rows)))
    for group in groups:
        assert all(row["k"] == group["group"] for row in group["rows"])


def test_one_and_true_are_different_but_one_and_one_point_zero_are_not() -> None:
    rows: list[dict[str, Any]] = [{"k": 1}, {"k": True}, {"k": 1.0}, {"k": [1]}, {"k": [1]}]

    assert [len(group["rows"]) for group in group_by(rows, "k")] == [2, 1, 2]


def test_groups_come_in_the_order_of_their_first_rows() -> None:
    rows = [{"k": "b"}, {"k": "a"}, {}, {"k": "b"}]

    assert [group["group"] for group in group_by(rows, "k")] == ["b", "a", None]
