from typing import Any

import pytest

from persistentai_lab.blocks.lists import filter as filter_block
from persistentai_lab.errors import NodeError

ROWS = [{"n": 1}, {"n": 2}, {"n": None}, {}]


@pytest.mark.parametrize(
    ("compare", "value", "kept"),
    [
        ("==", 1, [0]),
        ("!=", 1, [1, 2, 3]),
        ("==", None, [2, 3]),
        ("<", 2, [0]),
        ("<=", 2, [0, 1]),
        (">", 0, [0, 1]),
        (">=", 2, [1]),
    ],
)
def test_keeps_rows_that_compare_well(compare: Any, value: Any, kept: list[int]) -> None:
    assert filter_block(ROWS, "n", value, compare=compare) == [ROWS[n] for n in kept]


def test_what_has_no_order_is_refused() -> None:
    with pytest.raises(NodeError, match="cannot be compared with 'a'"):
        filter_block(ROWS, "n", "a", compare="<")


def test_a_column_that_no_row_has_is_refused() -> None:
    with pytest.raises(NodeError, match="No row has a column 'm'"):
        filter_block(ROWS, "m", 1)
