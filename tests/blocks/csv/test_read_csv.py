from pathlib import Path

import pytest

from persistentai_lab.blocks.csv import read
from persistentai_lab.errors import NodeError


def test_reads_the_penguins_that_ship_with_the_package() -> None:
    rows = read("pai:penguins.csv")

    assert len(rows) == 344
    assert rows[0] == {
        "species": "Adelie",
        "island": "Torgersen",
        "bill_length_mm": 39.1,
        "bill_depth_mm": 18.7,
        "flipper_length_mm": 181,
        "body_mass_g": 3750,
        "sex": "male",
        "year": 2007,
    }
    assert sum(row["body_mass_g"] is None for row in rows) == 2
    assert sum(row["sex"] is None for row in rows) == 11


def test_reads_other_encodings_and_delimiters(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Art;Zahl\nAdélie;-\n".encode("cp1252"))

    rows = read(str(tmp_path / "a.csv"), delimiter=";", missing=["-"], encoding="cp1252")

    assert rows == [{"Art": "Adélie", "Zahl": None}]


def test_a_missing_file_fails_with_its_whole_name(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"There is no file '.*none\.csv'"):
        read(str(tmp_path / "none.csv"))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="is a folder"):
        read(str(tmp_path))
