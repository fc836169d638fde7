"""Logs stay short by themselves, and their last words can be read."""

from pathlib import Path

from persistentai_lab.storage.log import bound, tail


def test_the_last_lines_since_a_position(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("old\n")
    before = log.stat().st_size
    with log.open("a") as stream:
        stream.writelines(f"line {number}\n" for number in range(20))

    assert tail(log, since=before, lines=2) == "line 18\nline 19"
    assert "old" not in tail(log, since=before, lines=100)


def test_a_log_that_was_begun_anew_meanwhile_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("new\n")

    assert tail(log, since=1000) == "new"


def test_no_log_has_no_words(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == ""
    assert not bound(tmp_path / "none.log")


def test_a_long_log_begins_anew_under_the_one_who_writes_it(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("ab", buffering=0) as stream:
        stream.write(b"before\n" * 100)
        assert bound(log, longest_bytes=100)
        stream.write(b"after\n")

    assert log.read_text() == "after\n"
    assert log.with_name("x.log.1").read_text().startswith("before")
    assert not bound(log, longest_bytes=100)
