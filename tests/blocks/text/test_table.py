from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import table
from persistentai_lab.errors import NodeError

cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def test_numbers_stand_to_the_right_and_gaps_stay_empty() -> None:
    rows = [{"name": "Ada", "mass": 3750.5}, {"name": "Bo", "mass": None}, {"mass": 20}]

    assert table(rows) == "\n".join(
        ["name     mass", "────  ───────", "Ada   3750.50", "Bo", "           20"]
    )


def test_columns_are_chosen_and_ordered() -> None:
    assert table([{"a": 1, "b": 2, "c": 3}], ["c", "a"]) == "c  a\n─  ─\n3  1"


def test_a_column_that_no_row_has_is_refused() -> None:
    with pytest.raises(NodeError, match=r"'mas'.*'name', 'mass'"):
        table([{"name": "Ada", "mass": 1}], ["mas"])


def test_wide_letters_take_two_columns_of_the_screen() -> None:
    assert table([{"k": "日本", "n": "x"}, {"k": "é", "n": "y"}]).splitlines()[2:] == [
        "日本  x",
        "é     y",
    ]


def test_no_rows_still_show_the_columns_that_were_asked_for() -> None:
    assert table([], ["a"]) == "a\n─"
    assert table([]) == ""


@given(st.lists(st.fixed_dictionaries({"a|b": cells, "c": cells}), min_size=1, max_size=5))
def test_markdown_has_one_line_a_row_and_as_many_cells_as_columns(
    rows: list[dict[str, Any]],
) -> None:
    lines = table(rows, style="markdown").split("\n")

    assert len(lines) == len(rows) + 2
    assert {line.replace("\\|", "").count("|") for line in lines} == {3}
