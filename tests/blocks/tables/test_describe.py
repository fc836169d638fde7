import math

import pandas as pd

from persistentai_lab.blocks.tables import describe, to_rows


def test_says_of_each_column_what_it_holds() -> None:
    table = pd.DataFrame(
        {
            "x": [1.5, math.nan, 2.5],
            "t": pd.to_datetime(["2026-01-01"] * 3),
            "b": [True, False, True],
            "l": [[1], [2], None],
            "o": [None, None, None],
            "m": [1, "a", None],
        }
    )

    rows = {row["column"]: row for row in to_rows(describe(table))}

    assert {name: row["holds"] for name, row in rows.items()} == {
        "x": "numbers", "t": "dates", "b": "true or false", "l": "lists", "o": "nothing",
        "m": "text and whole numbers",
    }  # fmt: skip
    assert (rows["x"]["count"], rows["x"]["missing"], rows["x"]["mean"]) == (2, 1, 2.0)
    assert (rows["l"]["distinct"], rows["b"]["mean"]) == (None, None)


def test_a_table_without_rows_or_columns_can_be_described() -> None:
    assert to_rows(describe(pd.DataFrame({"n": pd.Series([], dtype=float)})))[0]["count"] == 0
    assert len(describe(pd.DataFrame())) == 0
