import os
from pathlib import Path

import pytest

from persistentai_lab.blocks.location import FOLDER_VARIABLE, LARGEST, packaged_names, read_text
from persistentai_lab.errors import NodeError
from persistentai_lab.storage.home import FILES_VARIABLE


def test_relative_paths_start_at_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("here")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    assert read_text("sub/a.txt") == "here"
    assert read_text(str(tmp_path / "sub" / "a.txt")) == "here"


def test_without_that_folder_they_start_where_the_worker_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("here")
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    assert read_text("a.txt") == "here"


def test_the_runtime_and_the_blocks_mean_the_same_folder() -> None:
    assert FOLDER_VARIABLE == FILES_VARIABLE


def test_a_missing_file_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(NodeError) as caught:
        read_text("none.csv")

    assert str(tmp_path / "none.csv") in caught.value.message
    assert FOLDER_VARIABLE in caught.value.remedy
    assert not caught.value.retryable


def test_the_name_of_packaged_data_without_its_scheme_gets_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(NodeError, match=r"'pai:penguins\.csv'"):
        read_text("penguins.csv")


@pytest.mark.parametrize("name", ["pai:none.csv", "pai:../penguins.py", "pai:", "pai:README.md"])
def test_only_data_that_ships_is_packaged_data(name: str) -> None:
    with pytest.raises(NodeError, match=r"There is: pai:penguins\.csv"):
        read_text(name)


def test_every_packaged_file_is_text_and_has_its_licence_written_down() -> None:
    readme = Path(read_text.__code__.co_filename).parents[1] / "examples" / "data" / "README.md"

    for name in packaged_names():
        assert read_text(f"pai:{name}")
        assert f"## {name}" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5000])
def test_a_path_that_can_be_none_is_an_error_of_ours(path: str) -> None:
    with pytest.raises(NodeError):
        read_text(path)


def test_what_may_never_end_is_not_begun(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for endless in ("/dev/zero", str(tmp_path / "pipe")):
        with pytest.raises(NodeError, match="is no ordinary file"):
            read_text(endless)


def test_a_file_larger_than_memory_should_hold_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as sparse:
        sparse.truncate(LARGEST + 1)

    with pytest.raises(NodeError, match="256 are read at most"):
        read_text(str(tmp_path / "a.csv"))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffé".encode())

    assert read_text(str(tmp_path / "a.txt")) == "é"


def test_bytes_in_another_encoding_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Adélie".encode("cp1252"))

    with pytest.raises(NodeError, match=r"byte 2 is 0xe9.*cp1252"):
        read_text(str(tmp_path / "a.txt"))
    with pytest.raises(NodeError, match="No encoding is called 'utf-9'"):
        read_text(str(tmp_path / "a.txt"), "utf-9")
    assert read_text(str(tmp_path / "a.txt"), "cp1252") == "Adélie"
