import pandas as pd

from persistentai_lab.blocks.tables import from_rows, to_csv


def test_writes_what_is_missing_as_wished_and_quotes_what_needs_it() -> None:
    table = from_rows([{"a": None, "b": 'x "y"', "c": "1;2"}])

    assert to_csv(table, delimiter=";", missing="NA") == b'a;b;c\nNA;"x ""y""";"1;2"\n'


def test_whole_numbers_stay_whole_and_dates_are_readable() -> None:
    table = from_rows([{"n": 1}, {"n": None}]).assign(t=pd.Timestamp("2026-01-02"))

    assert to_csv(table) == b"n,t\n1,2026-01-02\n,2026-01-02\n"


def test_a_table_without_rows_has_its_first_line() -> None:
    assert to_csv(pd.DataFrame({"a": []})) == b"a\n"


def test_an_index_with_a_name_is_a_column() -> None:
    assert to_csv(pd.DataFrame({"k": ["a"], "n": [1]}).set_index("k")) == b"k,n\na,1\n"
