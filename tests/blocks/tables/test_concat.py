from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import concat, from_rows, to_rows
from persistentai_lab.errors import NodeError

rows = st.lists(
    st.fixed_dictionaries(
        {}, optional={"n": st.integers(-5, 5), "s": st.text(max_size=2), "b": st.booleans()}
    ),
    max_size=3,
)


@given(rows, rows, rows)
def test_is_the_table_of_all_rows(a: Any, b: Any, c: Any) -> None:
    made = concat(from_rows(a), from_rows(b), from_rows(c))

    whole = to_rows(from_rows([*a, *b, *c]))
    assert [{k: v for k, v in row.items() if v is not None} for row in to_rows(made)] == [
        {k: v for k, v in row.items() if v is not None} for row in whole
    ]


def test_kinds_survive_a_table_without_the_column() -> None:
    dated = pd.DataFrame({"t": pd.to_datetime(["2026-01-01"]), "n": [1]})

    made = concat(dated, pd.DataFrame({"s": ["x"]}), dated)

    assert str(made["t"].dtype).startswith("datetime64")
    assert to_rows(made)[1] == {"t": None, "n": None, "s": "x"}
    assert str(made["n"].dtype) == "Int64"


def test_a_column_of_two_kinds_is_refused() -> None:
    with pytest.raises(NodeError, match="Column 'n' holds numbers here and text there"):
        concat(from_rows([{"n": 1}]), from_rows([{"n": "1"}]))
