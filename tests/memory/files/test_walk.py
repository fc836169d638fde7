"""Files the whole way: by blocks, by a person's function, over HTTP, and as a stream."""

import re
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pytest

from persistentai_lab.errors import MergeConflict, NotInMemory, PathRefused, WriteConflict
from persistentai_lab.memory.files.asks import Delete
from tests.memory.conftest import Live
from tests.runtime import flow, mine, node


def test_blocks_a_cells_function_and_a_person_write_in_one_history(live: Live) -> None:
    files = live.client.memory.files
    first = files.write("notes/a.txt", "Hello", key="hello")
    again = files.write("notes/a.txt", "Hello", key="hello")
    run = live.runtime.start(
        flow(
            node("write", "files.write_text", path="notes/b.txt", text="by a block"),
            node("copy", mine("copy_file"), path="notes/b.txt", to="notes/c.txt"),
            node("read", "files.read_text", path="notes/c.txt"),
            node("list", "files.list", folder="notes"),
            edges=("write > copy", "copy.result > read.at", "copy.result > list.at"),
            outputs={"wrote": "write", "copied": "copy", "text": "read", "there": "list"},
        )
    )

    ended = live.runtime.ended(run)

    assert ended["status"] == "completed", ended["error"]
    out = {name: value["json"] for name, value in ended["outputs"].items()}
    assert first == again
    assert out["text"] == "BY A BLOCK"
    assert [stat["path"] for stat in out["there"]] == [f"notes/{x}.txt" for x in "abc"]
    assert [files.read_text(f"notes/{x}.txt") for x in "abc"] == [
        "Hello", "by a block", "BY A BLOCK",
    ]  # fmt: skip
    assert files.stat("notes/c.txt").commit == out["copied"]
    written = [
        (event["body"]["layer"], event["body"]["key"], event["body"]["version"])
        for event in live.runtime.events(run)
        if event["body"]["type"] == "memory.written"
    ]
    assert written == [("files", "main", out["wrote"]), ("files", "main", out["copied"])]
    made_by = live.runtime.rows("SELECT run, key FROM pai.file_commit ORDER BY id")
    assert [row["run"] for row in made_by] == [None, run, run]
    assert [str(row["key"]).startswith(f"{run}/") for row in made_by] == [False, True, True]


def test_blocks_branch_merge_compare_and_restore(live: Live) -> None:
    """Each of them at its turn: a run a block, over one history."""

    def did(block: str, **values: Any) -> Any:
        run = live.runtime.start(flow(node("do", block, **values), outputs={"out": "do"}))
        ended = live.runtime.ended(run)
        assert ended["status"] == "completed", ended["error"]
        return ended["outputs"]["out"].get("json")

    did("files.write_json", path="all/a.json", value={"n": 1, "m": 1})
    assert did("files.branch", name="side") == "side"
    did("files.write_json", path="all/a.json", branch="side", value={"n": 1, "m": 2})
    did("files.write_json", path="all/a.json", value={"n": 2, "m": 1})
    merged = did("files.merge", source="side")
    (differs,) = did("files.diff", path="all/a.json")
    did("files.tag", name="merged")
    did("files.move", path="all/a.json", to="all/b.json")
    gone = did("files.delete", path="all/b.json")
    did("files.restore", to="merged", paths=["all"])
    log = did("files.log", path="all/a.json", limit=2)

    assert merged["by_content"] == ["all/a.json"]
    assert differs["details"] == [{"op": "replace", "path": "/m", "value": 2}]
    assert did("files.read_json", path="all/a.json") == {"n": 2, "m": 2}
    assert [commit["kind"] for commit in log] == ["restore", "commit"]
    assert gone in [commit.id for commit in live.client.memory.files.log(limit=3)]


def test_a_table_goes_through_a_file(live: Live) -> None:
    for name in ("t.parquet", "t.csv", "t.jsonl"):
        run = live.runtime.start(
            flow(
                node("rows", "tables.from_rows", rows=[{"n": 1, "w": "a"}, {"n": 2, "w": "ü"}]),
                node("write", "files.write_table", path=name),
                node("read", "files.read_table", path=name),
                node("out", "tables.to_rows"),
                edges=("rows > write.table", "write > read.at", "read > out.table"),
                outputs={"rows": "out"},
            )
        )
        ended = live.runtime.ended(run)
        assert ended["status"] == "completed", ended["error"]
        assert ended["outputs"]["rows"]["json"] == [{"n": 1, "w": "a"}, {"n": 2, "w": "ü"}]


def test_a_client_sees_versions_and_is_told_conflicts(live: Live) -> None:
    files = live.client.memory.files
    first = files.write("c/text.txt", "one\ntwo\n")
    files.branch("c-side")
    files.write("c/text.txt", "uno\ntwo\n", branch="c-side")
    files.write("c/text.txt", "eins\ntwo\n")

    with pytest.raises(MergeConflict) as refused:
        files.merge("c-side")
    told = files.merge("c-side", conflicts="report")
    done = files.merge("c-side", resolutions={"c/text.txt": "theirs"})

    assert refused.value.conflicts[0]["path"] == "c/text.txt"  # type: ignore[index, call-overload]
    assert told.conflicts[0].hunks == [
        {"at": 1, "base": ["one\n"], "ours": ["eins\n"], "theirs": ["uno\n"]}
    ]
    assert done.commit == files.log(limit=1)[0].id
    assert files.read_text("c/text.txt") == "uno\ntwo\n"
    assert [line.text for line in files.blame("c/text.txt")] == ["uno", "two"]
    assert [change.path for change in files.diff(first)][-1:] == ["c/text.txt"]
    assert files.compare("c/text.txt", first).details == [
        {"before": 1, "after": 1, "lines": ["-one", "+uno", " two"]}
    ]
    files.tag("c-1", first)
    assert files.read_text("c/text.txt", at="c-1") == "one\ntwo\n"
    files.restore("c-1", paths=["c"])
    assert files.read_text("c/text.txt") == "one\ntwo\n"
    assert [stat.path for stat in files.find("c/*.txt")] == ["c/text.txt"]
    assert "c-side" in [branch.name for branch in files.branches()]
    files.delete_branch("c-side")
    assert "c-side" not in [branch.name for branch in files.branches()]
    assert [tag.name for tag in files.tags() if tag.name == "c-1"]
    files.delete_tag("c-1")
    undone = files.revert(files.log(limit=1)[0].id)
    assert undone.commit
    assert files.read_text("c/text.txt") == "uno\ntwo\n"


def test_what_files_refuse_fails_the_step_and_writes_nothing(live: Live) -> None:
    run = live.runtime.start(
        flow(node("write", "files.write_text", path="../../etc/passwd", text="x"))
    )

    error = live.runtime.ended(run)["error"]

    assert error["code"] == "path_refused"
    assert "leads elsewhere" in error["message"]
    assert error["remedy"]


def test_a_large_file_goes_as_a_stream_and_is_read_in_ranges(live: Live, tmp_path: Path) -> None:
    files = live.client.memory.files
    local = tmp_path / "large.bin"
    with local.open("wb") as out:
        for n in range(24):
            out.write(bytes([n]) * (1 << 20))

    files.write("large.bin", local)

    assert files.stat("large.bin").size == 24 << 20
    assert files.read_range("large.bin", (5 << 20) - 2, (5 << 20) + 2) == b"\x04\x04\x05\x05"
    assert files.download("large.bin", tmp_path / "back").read_bytes() == local.read_bytes()


def test_a_large_file_never_lies_in_the_memory_of_the_gateway(live: Live, tmp_path: Path) -> None:
    files, size = live.client.memory.files, 96 << 20
    sparse = tmp_path / "sparse.bin"
    with sparse.open("wb") as file:
        file.truncate(size)
    before = anonymous(live.socket)

    with Highest(lambda: anonymous(live.socket)) as highest:
        files.write("sparse.bin", sparse)
        files.download("sparse.bin", tmp_path / "back")

    assert (tmp_path / "back").stat().st_size == size
    assert highest.value - before < size // 4


def anonymous(socket_path: str) -> int:
    """Bytes of its own that the process behind a socket holds; mapped files are not among them."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(socket_path)
        told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, _, _ = struct.unpack("3i", told)
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = re.findall(r"RssAnon:\s+(\d+) kB", status)
    return int(kilobytes) * 1024


class Highest:
    """The highest value that was seen while it was open."""

    def __init__(self, look: Callable[[], int]) -> None:
        self.value = 0
        self._look = look
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.value = max(self.value, self._look())
            if self._done.wait(0.01):
                return


def test_over_http_a_file_has_an_etag_and_can_be_written_as_it_was(live: Live) -> None:
    files = live.client.memory.files
    files.write("tagged.txt", "one", was="")
    found = files._transport.send("GET", "/memory/files/main/tagged.txt")
    tag = found.headers["ETag"].strip('"')

    assert tag == files.stat("tagged.txt").sha256
    assert found.headers["Content-Type"].startswith("text/plain")
    not_changed = files._transport.send(
        "GET", "/memory/files/main/tagged.txt", headers={"If-None-Match": f'"{tag}"'}
    )
    assert (not_changed.status_code, not_changed.content) == (304, b"")
    with pytest.raises(WriteConflict):
        files.write("tagged.txt", "two", was="")
    files.write("tagged.txt", "two", was=tag)
    with pytest.raises(WriteConflict):
        files.write("tagged.txt", "three", was=tag)
    assert files.read_text("tagged.txt") == "two"


def test_what_does_not_work_over_http_says_why(live: Live) -> None:
    files = live.client.memory.files
    with pytest.raises(PathRefused, match="leads elsewhere"):
        files.write("a/../../b", "x")
    with pytest.raises(NotInMemory, match="no file"):
        files.read("nowhere.txt")
    with pytest.raises(NotInMemory, match="no branch"):
        files.ls(branch="nowhere")
    answer = (
        files._transport.send("GET", "/memory/files/main/tagged.txt", headers={"Range": "bytes=-1"})
        if files.write("tagged.txt", "xyz")
        else None
    )
    assert answer is not None
    assert (answer.status_code, answer.content) == (206, b"z")


def test_tables_and_several_changes_at_once(live: Live) -> None:
    files = live.client.memory.files
    table = pd.DataFrame({"n": [1, 2], "word": ["a", "ü"]})

    commit = files.commit(
        [files.put("t/table.parquet", table), files.put("t/table.csv", table)], message="tables"
    )
    files.commit([Delete(path="t/table.csv")])

    assert files.read("t/table.csv", at=commit).decode() == "n,word\n1,a\n2,ü\n"
    (tmp := files.read("t/table.parquet"))
    import io

    assert pd.read_parquet(io.BytesIO(tmp)).equals(table)
    assert [stat.path for stat in files.walk("t", at=commit, limit=1)] == [
        "t/table.csv", "t/table.parquet",
    ]  # fmt: skip
