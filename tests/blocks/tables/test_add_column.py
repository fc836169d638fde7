import pandas as pd
import pytest

from persistentai_lab.blocks.tables import add_column, from_rows, to_rows
from persistentai_lab.errors import NodeError

TABLE = from_rows([{"n": 1, "odd name": "a"}, {"n": 2, "odd name": None}])


def test_works_out_a_value_for_each_row() -> None:
    made = add_column(TABLE, "upper", 'upper("odd name") -- a comment')

    assert to_rows(made)[0] == {"n": 1, "odd name": "A".lower(), "upper": "A"}
    assert list(made["upper"].isna()) == [False, True]


def test_may_replace_a_column_and_take_parameters() -> None:
    made = add_column(TABLE, "n", "n + $more", parameters={"more": 10})

    assert list(made.columns) == ["n", "odd name"]
    assert list(made["n"]) == [11, 12]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nope + 1", r'"nope" not found.*\(line 1, column 1\)'),
        ("n +", "syntax error"),
        ("", "syntax error"),
        ("sum(n)", "gives 1 × 1 values, not one a row"),
        ("n, n", "gives 2 × 2 values|More than one"),
        ("unnest([1, 2])", "gives 4 × 1 values"),
        ("n FROM a; COPY a TO '/tmp/never.csv'; SELECT 1", "no single SELECT"),
        ("(SELECT content FROM read_text('/etc/passwd'))", "disabled by configuration"),
    ],
)
def test_what_is_no_value_a_row_is_refused(expression: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        add_column(TABLE, "x", expression)


def test_a_table_without_rows_gets_the_column_all_the_same() -> None:
    assert list(add_column(pd.DataFrame({"n": [1]}).head(0), "m", "n + 1").columns) == ["n", "m"]
