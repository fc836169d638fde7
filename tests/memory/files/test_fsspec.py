"""`pai://` for what speaks fsspec: pandas, DuckDB, `fsspec.open`."""

import json
import tomllib
from importlib import import_module
from typing import Any

import duckdb
import fsspec
import pandas as pd
import pytest

from persistentai_lab.client.filesystem import PaiFileSystem
from tests.memory.conftest import Live
from tests.runtime import REPOSITORY

ROOT = "pai://default/main"


@pytest.fixture(scope="module")
def files(live: Live) -> PaiFileSystem:
    fsspec.register_implementation("pai", PaiFileSystem, clobber=True)
    made: PaiFileSystem = fsspec.filesystem("pai", client=live.client, skip_instance_cache=True)
    return made


@pytest.fixture
def options(live: Live, files: PaiFileSystem) -> dict[str, Any]:
    return {"client": live.client}


def test_the_package_says_who_serves_the_addresses() -> None:
    said = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["entry-points"]
    module, _, name = said["fsspec.specs"]["pai"].partition(":")

    assert getattr(import_module(module), name) is PaiFileSystem


def test_pandas_writes_and_reads(options: dict[str, Any], files: PaiFileSystem) -> None:
    table = pd.DataFrame({"n": [1, 2], "w": ["a", "ü"]})

    table.to_parquet(f"{ROOT}/p/t.parquet", storage_options=options)
    table.to_csv(f"{ROOT}/p/t.csv", index=False, storage_options=options)

    assert pd.read_parquet(f"{ROOT}/p/t.parquet", storage_options=options).equals(table)
    assert pd.read_csv(f"{ROOT}/p/t.csv", storage_options=options).equals(table)
    assert files.files.read_table("p/t.csv").equals(table)
    assert len(files.files.log("p/t.parquet")) == 1


def test_duckdb_reads(options: dict[str, Any], files: PaiFileSystem) -> None:
    pd.DataFrame({"n": range(1_000)}).to_parquet(f"{ROOT}/d/t.parquet", storage_options=options)
    with duckdb.connect() as database:
        database.register_filesystem(files)
        total = database.sql(f"SELECT sum(n) FROM read_parquet('{ROOT}/d/*.parquet')").fetchall()

    assert total == [(499_500,)]


def test_open_writes_one_commit_and_reads_in_ranges(
    options: dict[str, Any], files: PaiFileSystem
) -> None:
    with fsspec.open(f"{ROOT}/o/large.bin", "wb", **options) as out:
        for n in range(12):
            out.write(bytes([n]) * (1 << 20))
    with fsspec.open(f"{ROOT}/o/large.bin", "rb", block_size=4096, **options) as file:
        file.seek((5 << 20) - 1)
        assert file.read(2) == b"\x04\x05"
    with fsspec.open(f"{ROOT}/o/note.json", "w", **options) as out:
        json.dump({"a": 1}, out)
    with fsspec.open(f"{ROOT}/o/note.json", **options) as file:
        assert json.load(file) == {"a": 1}

    assert len(files.files.log("o/large.bin")) == 1
    assert files.files.stat("o/large.bin").size == 12 << 20


def test_what_was_not_finished_is_not_written(files: PaiFileSystem) -> None:
    files.pipe_file(f"{ROOT}/h/a.txt", b"whole")

    def half() -> None:
        with files.open(f"{ROOT}/h/a.txt", "wb") as out:
            out.write(b"ha")
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        half()
    assert files.cat_file(f"{ROOT}/h/a.txt") == b"whole"


def test_it_looks_like_any_file_system(files: PaiFileSystem) -> None:
    for name in ("x/a.txt", "x/y/b.txt", "x/y/c.csv"):
        files.pipe_file(f"{ROOT}/{name}", name.encode())

    assert files.ls(f"{ROOT}/x", detail=False) == ["default/main/x/a.txt", "default/main/x/y"]
    assert files.glob(f"{ROOT}/x/**/*.txt") == ["default/main/x/a.txt", "default/main/x/y/b.txt"]
    assert [path.rpartition("/")[2] for path in files.find(f"{ROOT}/x")] == [
        "a.txt", "b.txt", "c.csv",
    ]  # fmt: skip
    assert files.info(f"{ROOT}/x/y")["type"] == "directory"
    assert files.info(f"{ROOT}/x/a.txt")["size"] == 7
    assert files.exists(f"{ROOT}/x/a.txt")
    assert not files.exists(f"{ROOT}/x/no")
    assert "default/main" in files.ls("pai://default", detail=False)
    files.mv(f"{ROOT}/x/y", f"{ROOT}/x/z", recursive=True)
    assert files.cat_file(f"{ROOT}/x/z/b.txt", 2, 5) == b"y/b"
    files.rm(f"{ROOT}/x", recursive=True)
    assert not files.exists(f"{ROOT}/x/z/b.txt")
    with pytest.raises(FileNotFoundError):
        files.cat_file(f"{ROOT}/x/a.txt")
    with pytest.raises(FileNotFoundError):
        files.ls(f"{ROOT}/nowhere")


def test_an_older_version_is_read_and_not_written(
    files: PaiFileSystem, options: dict[str, Any]
) -> None:
    files.pipe_file(f"{ROOT}/v.txt", b"one")
    commit = files.files.stat("v.txt").commit
    files.pipe_file(f"{ROOT}/v.txt", b"two")

    for address in (f"{ROOT}@{commit}/v.txt", f"{ROOT}/v.txt?at={commit}"):
        with fsspec.open(address, **options) as file:
            assert file.read() == b"one"
    with pytest.raises(PermissionError):
        files.pipe_file(f"{ROOT}@{commit}/v.txt", b"three")
