"""A package that is not installed is named with the extra that brings it, wherever it is needed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from persistentai_lab.blocks import plots, tables
from persistentai_lab.flow.values import PackageMissing


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("pandas", lambda _: tables.from_rows([])),
        ("duckdb", lambda _: tables.sql("SELECT 1")),
        ("pyarrow", lambda _: tables.read_csv("pai:penguins.csv")),
        ("pyarrow", lambda path: tables.read_parquet(path)),
        ("openpyxl", lambda path: tables.read_excel(path)),
        ("openpyxl", lambda _: tables.to_excel(tables.from_rows([]))),
        ("matplotlib", lambda _: plots.bar(tables.from_rows([{"k": "a", "n": 1}]), "k", "n")),
    ],
)
def test_is_named_with_how_to_install_it(
    package: str, call: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(PackageMissing) as caught:
        call(str(tmp_path / "file"))

    assert f"'{package}' is not installed" in caught.value.message
    assert caught.value.remedy.endswith("pip install 'persistentai-lab[data]'")
    assert caught.value.code == "package_missing"
