from pathlib import Path

import pytest

from persistentai_lab.blocks.tables import read_json_lines, to_rows
from persistentai_lab.errors import NodeError


def test_objects_may_lack_columns_and_lines_be_empty(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\r\n\n{"b": "x\u2028y"}\n', encoding="utf-8")

    assert to_rows(read_json_lines(str(tmp_path / "t.jsonl"))) == [
        {"a": 1, "b": None},
        {"a": None, "b": "x\u2028y"},
    ]


@pytest.mark.parametrize("line", ["{", "[1]", "NaN", '{"a": NaN}', "[" * 100_000])
def test_a_line_that_is_no_object_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' + line)

    with pytest.raises(NodeError, match="Line 2 is"):
        read_json_lines(str(tmp_path / "t.jsonl"))


def test_an_empty_file_is_an_empty_table_and_a_missing_one_none(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").touch()

    assert len(read_json_lines(str(tmp_path / "t.jsonl"))) == 0
    with pytest.raises(NodeError, match="There is no file"):
        read_json_lines(str(tmp_path / "none"))
