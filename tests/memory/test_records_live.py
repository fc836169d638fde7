"""Records the whole way: by blocks, by a person's function, over HTTP."""

import pandas as pd
import polars as pl
import pytest

from persistentai_lab.errors import (
    MemoryRefused,
    MisfitDocument,
    NotInMemory,
    OutOfBounds,
    SqlRefused,
    WriteConflict,
)
from tests.memory.conftest import Live
from tests.runtime import ME, flow, mine, node


def test_what_a_step_does_to_values_and_documents_is_done_with_its_record(live: Live) -> None:
    records = live.client.memory.records
    records.put_document("sheets", "old", {"open": True, "n": 1})
    run = live.runtime.start(
        flow(
            node("tally", mine("tally"), key="jobs"),
            node("note", "records.append", key="notes"),
            node("count", "records.incr", key="visits"),
            node("look", "records.get_document", collection="sheets", id="old"),
            edges=("tally.result > count.by", "count.result > note.item"),
            outputs={"tally": "tally", "count": "count"},
        )
    )

    ended = live.runtime.ended(run)

    assert ended["status"] == "completed", ended["error"]
    assert ended["outputs"] == {"tally": {"json": 2}, "count": {"json": 2}}
    assert records.get("jobs") == 2
    assert records.get("jobs/log") == ["begun", "counted"]
    assert records.get("notes") == [2]
    assert records.get_document("sheets", "old").body == {"open": False, "n": 1}
    written = [
        (event["body"]["key"], event["body"].get("version"))
        for event in live.runtime.events(run)
        if event["body"]["type"] == "memory.written"
    ]
    assert written == [
        ("jobs/log", 1), ("jobs/log", 2), ("sheets/old", 2), ("sheets/jobs", 1), ("jobs", 2),
        ("visits", 2), ("notes", None),
    ]  # fmt: skip
    assert {each.run for each in records.revisions("sheets", "old")} == {None, run}


def test_a_step_that_memory_refuses_writes_nothing_of_all_it_did(live: Live) -> None:
    records = live.client.memory.records
    records.put_document("sheets", "taken", {})
    run = live.runtime.start(flow(node("tally", mine("tally"), key="taken")))

    error = live.runtime.ended(run)["error"]

    assert error["code"] == "write_conflict"
    assert error["remedy"]
    assert records.entry("taken") is None
    assert records.get("taken/log") is None


def test_values_over_http(live: Live) -> None:
    records = live.client.memory.records
    odd = "../ä b?#%2F/☃"

    assert records.put(odd, {"n": [1, None]}) == 1
    assert records.get(odd) == {"n": [1, None]}
    assert records.append("list", 1) == 1
    assert records.incr("seats", 5, at_most=5) == 5
    with pytest.raises(OutOfBounds):
        records.incr("seats", at_most=5)
    with pytest.raises(WriteConflict, match=r"revision 1.*revision 7") as caught:
        records.put("list", 0, expected=7)
    assert caught.value.remedy
    assert records.expire("list", 100)
    assert not records.expire("none", 100)
    entry = records.entry("list")
    assert entry is not None
    assert (entry.revision, entry.value, entry.owner) == (2, [1], ME.user)
    assert entry.expires_at is not None
    assert [each.key for each in records.keys("../")] == [odd]
    assert records.delete(odd)
    assert not records.delete(odd)
    assert records.get(odd) is None


def test_documents_over_http(live: Live) -> None:
    records = live.client.memory.records
    schema = {"properties": {"n": {"type": "integer"}}}
    records.set_schema("things", schema)

    assert records.put_document("things", "a/b c", {"n": 1}) == 1
    with pytest.raises(MisfitDocument) as caught:
        records.put_document("things", "bad", {"n": "x"})
    assert caught.value.problems == ('/n: "x" is not of type "integer"',)
    assert records.patch_document("things", "a/b c", {"n": 2}, expected=1) == 2
    assert records.find("things", {"n": 2}).documents[0].id == "a/b c"
    assert [each.id for each in records.all("things", where=[("n", ">", 1)])] == ["a/b c"]
    assert records.delete_document("things", "a/b c") == 3
    with pytest.raises(NotInMemory):
        records.get_document("things", "a/b c")
    assert records.restore_document("things", "a/b c", rev=1) == 4
    first = records.revision("things", "a/b c", rev=1)
    assert records.revision("things", "a/b c", at=first.at).body == {"n": 1}
    records.erase_document("things", "a/b c", rev=2)
    verified = records.verify_document("things", "a/b c")
    assert (verified.revisions, verified.erased, verified.broken_at) == (4, 1, None)
    things = next(each for each in records.collections() if each.name == "things")
    assert (things.documents, things.json_schema) == (1, schema)


def test_frames_go_in_and_come_out(live: Live) -> None:
    records = live.client.memory.records
    birds = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "species": ["Adelie", None, "Gentoo"],
            "mass": [3750.0, 0.1, float("nan")],
            "seen": pd.to_datetime(["2026-11-30", "2026-12-01", None], utc=True),
        }
    )

    assert records.put_frame("birds", birds) == 3
    assert records.put_frame("birds", pl.DataFrame({"id": ["4"], "mass": [1]})) == 1

    back = records.frame("birds", sort=["mass"])
    assert list(back.index) == ["3", "2", "4", "1"]
    assert back.loc["1", "species"] == "Adelie"
    assert records.get_document("birds", "3").body == {"species": "Gentoo"}
    assert records.get_document("birds", "2").body["mass"] == 0.1
    with pytest.raises(MemoryRefused, match="no column 'key'"):
        records.put_frame("birds", birds, id="key")


def test_sql_over_http_and_in_a_flow(live: Live) -> None:
    memory = live.client.memory
    memory.records.put_documents("ships", {"a": {"n": 1}, "b": {"n": 2, "tags": ["x"]}})

    found = memory.sql("select id, n, tags from ships order by id")
    run = live.runtime.start(
        flow(
            node("sum", "records.sql", query="select sum(n) as n from ships"),
            node("rows", "tables.to_rows"),
            node("all", "records.to_table", collection="ships"),
            node("all_rows", "tables.to_rows"),
            edges=("sum.result > rows.table", "all.result > all_rows.table"),
            outputs={"sum": "rows", "all": "all_rows"},
        )
    )
    ended = live.runtime.ended(run)

    assert found.engine == "postgres"
    assert found.rows() == [{"id": "a", "n": 1, "tags": None}, {"id": "b", "n": 2, "tags": ["x"]}]
    assert found.frame()["n"].sum() == found.polars()["n"].sum() == 3
    with pytest.raises(SqlRefused, match="DELETE") as caught:
        memory.sql("delete from ships")
    assert caught.value.remedy
    assert ended["status"] == "completed", ended["error"]
    assert ended["outputs"]["sum"] == {"json": [{"n": 3}]}
    assert [row["id"] for row in ended["outputs"]["all"]["json"]] == ["a", "b"]


def test_a_step_that_appends_to_what_is_over_begins_anew(live: Live) -> None:
    records = live.client.memory.records
    for key in ("over", "kept", "put"):
        records.put(key, ["old"], ttl=500)
    over = "UPDATE pai.record SET expires_at = now() - interval '1 s' WHERE key = %s RETURNING key"
    live.runtime.rows(over, "over")
    run = live.runtime.start(
        flow(
            node("a", "records.append", key="over", item="new"),
            node("b", "records.append", key="kept", item="new"),
            node("c", "records.put", key="put", value="new"),
        )
    )

    assert live.runtime.ended(run)["status"] == "completed"

    found = [records.entry(key) for key in ("over", "kept", "put")]
    assert [each and each.value for each in found] == [["new"], ["old", "new"], "new"]
    assert [bool(each and each.expires_at) for each in found] == [False, True, False]
