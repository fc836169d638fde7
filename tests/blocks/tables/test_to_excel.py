from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from persistentai_lab.blocks.tables import from_rows, read_excel, to_excel, to_rows
from persistentai_lab.errors import NodeError

ROWS = [
    {"name": "Ada", "n": 1, "x": 1.5, "ok": True},
    {"name": "=1+1", "n": None, "x": None, "ok": False},
]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(to_excel(from_rows(ROWS)))

    assert to_rows(read_excel(str(tmp_path / "t.xlsx"))) == ROWS


def test_text_never_becomes_a_formula() -> None:
    data = to_excel(from_rows([{"=A1": "=1+1"}]), "Bad")

    sheet = openpyxl.load_workbook(BytesIO(data))["Bad"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_the_file_is_the_same_whenever_it_is_written() -> None:
    with ZipFile(BytesIO(to_excel(from_rows(ROWS)))) as archive:
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
