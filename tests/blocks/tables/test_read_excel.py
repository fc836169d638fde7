from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from persistentai_lab.blocks.tables import read_excel, to_rows
from persistentai_lab.errors import NodeError


def book(path: Path, *lines: list[object], sheet: str = "2026") -> str:
    """A file with an empty first sheet and these lines in the second."""
    made = openpyxl.Workbook()
    page = made.create_sheet(sheet)
    for line in lines:
        page.append(line)
    made.save(path / "t.xlsx")
    return str(path / "t.xlsx")


def test_a_sheet_is_read_by_its_name_without_empty_lines_and_nameless_columns(
    tmp_path: Path,
) -> None:
    path = book(
        tmp_path,
        [],
        ["day", None, "n"],
        [],
        [pd.Timestamp("2026-01-01"), "note", 1],
        [None, None, 2],
    )

    assert to_rows(read_excel(path, "2026")) == [
        {"day": "2026-01-01T00:00:00", "n": 1},
        {"day": None, "n": 2},
    ]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"no sheet 'x'.*There is: 'Sheet', '2026'"):
        read_excel(book(tmp_path), "x")


def test_an_empty_sheet_double_names_and_mixed_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="sheet is empty"):
        read_excel(book(tmp_path))
    with pytest.raises(NodeError, match="More than one column is called 'a'"):
        read_excel(book(tmp_path, ["a", "a"]), "2026")
    with pytest.raises(NodeError, match="Column 'a' mixes kinds"):
        read_excel(book(tmp_path, ["a"], [1], ["x"]), "2026")


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    table = read_excel(book(tmp_path, ["a", "b"]), "2026")

    assert (list(table.columns), len(table)) == (["a", "b"], 0)


def test_a_missing_file_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("hello")

    with pytest.raises(NodeError, match="There is no file"):
        read_excel(str(tmp_path / "none"))
    with pytest.raises(NodeError, match="is no Excel file"):
        read_excel(str(tmp_path / "t"))
