from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import from_rows, to_rows
from persistentai_lab.errors import NodeError

columns_of_one_kind = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
    st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
    st.lists(st.none() | st.text(max_size=4), min_size=3, max_size=3),
    st.lists(st.none() | st.lists(st.integers(0, 9), max_size=2), min_size=3, max_size=3),
)


@given(st.dictionaries(st.text(max_size=4), columns_of_one_kind, min_size=1, max_size=4))
def test_rows_come_back_as_they_went_in(columns: dict[str, list[Any]]) -> None:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    assert to_rows(from_rows(rows)) == rows


def test_whole_numbers_stay_whole_where_values_are_missing() -> None:
    table = from_rows([{"n": 2**53 + 1}, {}])

    assert str(table["n"].dtype) == "Int64"
    assert to_rows(table) == [{"n": 2**53 + 1}, {"n": None}]


def test_columns_can_be_chosen_put_in_order_and_added() -> None:
    assert to_rows(from_rows([{"a": 1, "b": 2}], ["c", "a"])) == [{"c": None, "a": 1}]
    assert list(from_rows([], ["a", "b"]).columns) == ["a", "b"]
    assert len(from_rows([{}, {}])) == 2


@pytest.mark.parametrize(
    ("values", "kinds"),
    [([1, "x"], r"number \(1\), text \('x'\)"), ([True, 1], "true or false"), ([[1], 2], "list")],
)
def test_a_column_that_mixes_kinds_is_refused_by_name(values: list[Any], kinds: str) -> None:
    with pytest.raises(NodeError, match=f"Column 'v' mixes kinds: .*{kinds}"):
        from_rows([{"v": value} for value in values])


def test_whole_numbers_too_large_for_a_column_become_floating() -> None:
    assert to_rows(from_rows([{"n": 2**70}, {"n": 1}])) == [{"n": float(2**70)}, {"n": 1.0}]
