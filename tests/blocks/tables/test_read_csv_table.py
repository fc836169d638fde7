from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.csv import parse
from persistentai_lab.blocks.csv import read as read_rows
from persistentai_lab.blocks.csv.parse import MISSING
from persistentai_lab.blocks.tables import from_rows, read_csv, to_csv, to_rows
from persistentai_lab.blocks.tables.read_csv import parsed
from persistentai_lab.errors import NodeError


def test_reads_the_penguins_like_the_block_for_rows() -> None:
    assert to_rows(read_csv("pai:penguins.csv")) == read_rows("pai:penguins.csv")


cells = st.sampled_from(
    ["", "NA", "0", "-1", "12", "01", "1.5", ".5", "1.", "1e3", "-", "x", "nan", "Infinity", "٣",
     "true", "2026-01-01", "a b", "é"]
)  # fmt: skip


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4))
def test_takes_for_a_number_what_the_block_for_rows_takes_for_one(rows: list[Any]) -> None:
    text = "a,b,k\n" + "".join(f"{a},{b},k\n" for a, b in rows)

    assert to_rows(parsed(text, ",", MISSING)) == parse(text)


@given(
    st.lists(st.fixed_dictionaries({"s": st.text(min_size=1), "n": st.integers(0, 9)}), min_size=1)
)
def test_any_table_written_is_read_back(rows: list[dict[str, Any]]) -> None:
    rows = [{"s": f"t{row['s']}".replace("\r", ""), "n": row["n"]} for row in rows]

    text = to_csv(from_rows(rows)).decode()

    assert to_rows(parsed(text, ",", [])) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b\n1\n", "no table"),
        ("a,b\n1,2,3\n", "no table"),
        ("a,a\n1,2\n", "More than one column is called 'a'"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(NodeError, match=message):
        read_csv(str(tmp_path / "t.csv"))


def test_other_delimiters_encodings_and_missing_values(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("Art;Zahl\nAdélie;-\n".encode("cp1252"))

    table = read_csv(str(tmp_path / "t.csv"), delimiter=";", missing=["-"], encoding="cp1252")

    assert to_rows(table) == [{"Art": "Adélie", "Zahl": None}]


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert list(parsed("a,b\n", ",", []).columns) == ["a", "b"]
