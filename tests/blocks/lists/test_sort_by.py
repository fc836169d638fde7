from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import sort_by
from persistentai_lab.errors import NodeError

rows_of_numbers = st.lists(
    st.fixed_dictionaries({"n": st.none() | st.integers(-5, 5), "at": st.integers()})
)


@given(rows_of_numbers, st.booleans())
def test_order_is_right_and_stable_and_the_missing_come_last(
    rows: list[dict[str, Any]], descending: bool
) -> None:
    numbered = [{**row, "at": at} for at, row in enumerate(rows)]

    result = sort_by(numbered, "n", descending=descending)

    sign = -1 if descending else 1
    ranks = [(row["n"] is None, sign * (row["n"] or 0), row["at"]) for row in result]
    assert ranks == sorted(ranks)
    assert sorted(row["at"] for row in result) == list(range(len(rows)))


def test_numbers_and_texts_have_no_common_order() -> None:
    with pytest.raises(NodeError, match="cannot be put in order"):
        sort_by([{"k": 1}, {"k": "a"}], "k")


def test_a_column_that_no_row_has_is_refused() -> None:
    with pytest.raises(NodeError, match=r"'m'.*'k'"):
        sort_by([{"k": 1}], "m")
