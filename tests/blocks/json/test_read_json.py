from pathlib import Path

import pytest

from persistentai_lab.blocks.json import read
from persistentai_lab.errors import NodeError


def test_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"é": [1]}', encoding="utf-8")

    assert read(str(tmp_path / "a.json")) == {"é": [1]}


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("a: 1")

    with pytest.raises(NodeError, match="Not JSON"):
        read(str(tmp_path / "a.json"))
