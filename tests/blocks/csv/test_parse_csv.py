import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.csv import parse
from persistentai_lab.errors import NodeError


def column(*values: str) -> list[object]:
    """What a column of these texts becomes."""
    return [row["v"] for row in parse("k,v\n" + "\n".join(f"k,{value}" for value in values))]


def test_a_column_of_numbers_holds_numbers() -> None:
    assert column("1", "-2", "") == [1, -2, None]
    assert column("1", "2.5", "NA", "1e3", ".5") == [1.0, 2.5, None, 1000.0, 0.5]
    assert all(isinstance(value, float) for value in column("1", "2.5"))


@pytest.mark.parametrize(
    "odd", ["n/a", "01234", "1_000", "nan", "inf", "0x1F", "1.", "٣", "-", "."]
)
def test_one_value_that_is_no_number_leaves_the_column_as_it_was_written(odd: str) -> None:
    assert column("1", odd) == ["1", odd]


def test_a_column_without_any_value_is_missing_throughout() -> None:
    assert column("", "NA") == [None, None]


def test_quotes_hold_delimiters_and_line_breaks() -> None:
    assert parse('a;b\n"x;\r\ny";"say ""hi"""\n', delimiter=";") == [
        {"a": "x;\r\ny", "b": 'say "hi"'}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("a,,c\n", "Column 2 has no name"),
        ("a,b,a\n", "More than one column is called 'a'"),
        ("a,b\n1,2\n\n1\n", "Line 4 has 1 values, but there are 2 columns"),
        ("a,b\n1,2,3\n", "Line 2 has 3 values"),
        ('a\n"x\n', "Line 2 cannot be read"),
        ('a\n"x"y\n', "Line 2 cannot be read"),
    ],
)
def test_a_broken_table_is_refused_and_the_place_named(text: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        parse(text)


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_any_texts_written_as_csv_are_read_back(rows: list[tuple[str, str]]) -> None:
    written = StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows([f"t{a}", f"t{b}"] for a, b in rows)

    assert parse(written.getvalue()) == [{"a": f"t{a}", "b": f"t{b}"} for a, b in rows]
