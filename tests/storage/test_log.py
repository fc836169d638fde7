"""Logs stay short by themselves, and their last words can be read."""

from pathlib import Path

from persistentai_lab.storage.log import bound, complaints, tail


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


def test_an_error_is_found_behind_the_chatter_that_follows_it(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    chatter = "LOG:  shutting down\n" * 9
    log.write_text(f"{chatter}FATAL:  could not write: No space left on device\n{chatter}")

    assert complaints(log) == "FATAL:  could not write: No space left on device"
    assert complaints(log, since=log.stat().st_size - 5) == "down"


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
