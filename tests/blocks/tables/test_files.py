"""Tables go into files and come out of them the same."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from persistentai_lab.blocks.tables import (
    from_rows,
    read_excel,
    read_json_lines,
    read_parquet,
    to_csv,
    to_excel,
    to_parquet,
    to_rows,
)
from persistentai_lab.errors import NodeError

ROWS = [
    {"name": "Ada", "n": 1, "x": 1.5, "ok": True},
    {"name": "=1+1", "n": None, "x": None, "ok": False},
]


@pytest.mark.parametrize(
    ("write", "read", "name"),
    [(to_parquet, read_parquet, "t.parquet"), (to_excel, read_excel, "t.xlsx")],
)
def test_what_was_written_is_read_back(write: Any, read: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(write(from_rows(ROWS)))

    assert to_rows(read(str(tmp_path / name))) == ROWS


@pytest.mark.parametrize("read", [read_parquet, read_excel, read_json_lines])
def test_a_missing_file_and_one_of_another_kind_are_refused(read: Any, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("hello")

    with pytest.raises(NodeError, match="There is no file"):
        read(str(tmp_path / "none"))
    with pytest.raises(NodeError, match=r"is no (Parquet|Excel file|JSON)"):
        read(str(tmp_path / "t"))


def test_parquet_gives_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(to_parquet(from_rows(ROWS)))

    assert list(read_parquet(str(tmp_path / "t"), ["x", "name"]).columns) == ["x", "name"]
    with pytest.raises(NodeError, match="no column 'y'"):
        read_parquet(str(tmp_path / "t"), ["y"])


def test_parquet_refuses_a_column_that_mixes_kinds() -> None:
    with pytest.raises(NodeError, match="Parquet cannot hold this table"):
        to_parquet(pd.DataFrame({"m": [1, "a"]}))


def test_text_never_becomes_a_formula(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(to_excel(from_rows([{"=A1": "=1+1"}]), "Bad"))

    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["Bad"]

    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_an_excel_file_is_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(to_excel(from_rows(ROWS)))

    with ZipFile(tmp_path / "t.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:modified" not in archive.read("docProps/core.xml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"t": pd.to_datetime(["2026-01-01"], utc=True)}), "timezone"),
        (pd.DataFrame({"s": ["\x00"]}), "control character"),
        (pd.DataFrame([range(16_385)]), "1 × 16,385; a sheet holds"),
    ],
)
def test_what_excel_cannot_hold_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        to_excel(table)


def test_an_excel_sheet_is_read_by_name_without_empty_lines(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["first"])
    sheet = book.create_sheet("2026")
    for line in (
        [],
        ["day", None, "n"],
        [],
        [pd.Timestamp("2026-01-01"), "note", 1],
        [None, None, 2],
    ):
        sheet.append(line)
    book.save(tmp_path / "t.xlsx")

    table = read_excel(str(tmp_path / "t.xlsx"), "2026")

    assert to_rows(table) == [{"day": "2026-01-01T00:00:00", "n": 1}, {"day": None, "n": 2}]
    with pytest.raises(NodeError, match=r"no sheet 'x'.*There is: 'Sheet', '2026'"):
        read_excel(str(tmp_path / "t.xlsx"), "x")


def test_an_empty_sheet_and_double_names_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "empty.xlsx")
    book.active.append(["a", "a"])
    book.save(tmp_path / "double.xlsx")

    with pytest.raises(NodeError, match="sheet is empty"):
        read_excel(str(tmp_path / "empty.xlsx"))
    with pytest.raises(NodeError, match="More than one column is called 'a'"):
        read_excel(str(tmp_path / "double.xlsx"))


def test_json_lines_may_lack_columns_and_be_empty(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\r\n\n{"b": "x\u2028y"}\n')

    assert to_rows(read_json_lines(str(tmp_path / "t.jsonl"))) == [
        {"a": 1, "b": None},
        {"a": None, "b": "x\u2028y"},
    ]


@pytest.mark.parametrize("line", ["{", "[1]", "NaN", '{"a": NaN}', "[" * 100_000])
def test_a_line_that_is_no_object_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' + line)

    with pytest.raises(NodeError, match="Line 2 is"):
        read_json_lines(str(tmp_path / "t.jsonl"))


def test_csv_writes_what_is_missing_as_wished() -> None:
    table = from_rows([{"a": None, "b": 'x "y"'}])

    assert to_csv(table, delimiter=";", missing="NA") == b'a;b\nNA;"x ""y"""\n'
    assert to_csv(pd.DataFrame({"a": []})) == b"a\n"
