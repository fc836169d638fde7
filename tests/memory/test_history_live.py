"""History of real runs: what they touched is recorded with their steps, and they are sealed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from persistentai_lab.cli.main import app
from persistentai_lab.memory.history.verify_bundle import verify
from tests.memory.conftest import Live
from tests.runtime import flow, node, until


def test_what_steps_read_and_write_is_recorded_with_them(live: Live) -> None:
    writer = live.runtime.start(flow(node("say", "feed.append", feed="room/h", body={"n": 41})))
    live.runtime.ended(writer)
    reader = live.runtime.start(
        flow(
            node("read", "feed.read", feed="room/h"),
            node("put", "records.put", key="h", value=1),
        )
    )
    live.runtime.ended(reader)
    history = live.client.memory.history

    uses = [(it.run, it.node, it.mode, it.version) for it in history.uses("feed", "room/h")]
    assert sorted(uses) == sorted([(writer, "say", "write", "1"), (reader, "read", "read", "1")])
    assert [(it.run, it.mode) for it in history.uses("records", "h")] == [(reader, "write")]
    graph = history.lineage(f"run:{writer}", direction="down")
    assert f"run:{reader}" in {it["id"] for it in graph["nodes"]}
    assert [it.run for it in history.runs(limit=2)] == [reader, writer]
    assert [it.node for it in history.ran_with({"n": 41})] == ["say"]
    given = {it.port: it.value for it in history.inputs_of(writer, "say")}
    assert given["body"] == {"json": {"n": 41}}
    assert history.value_of(writer, "say") == {"json": 1}


def test_what_is_recalled_and_asked_in_sql_is_in_the_lineage(live: Live) -> None:
    memory = live.client.memory
    writer = live.runtime.start(
        flow(
            node("tell", "knowledge.remember", text="The kiln needs a new door.", thread="kiln"),
            node("know", "knowledge.add_fact", subject="Kiln", predicate="stands in", object="Ulm"),
            node("put", "records.put_document", collection="ovens", id="a", body={"n": 1}),
            node("say", "feed.append", feed="room/kiln", body="Who repairs it?"),
            node("file", "files.write_text", path="ovens.csv", text="n\n1\n"),
        )
    )
    live.runtime.ended(writer)
    reader = live.runtime.start(
        flow(
            node("found", "knowledge.recall", query="the door of the kiln", thread="kiln"),
            node("facts", "knowledge.facts", subject="Kiln"),
            node("asked", "records.sql", query="SELECT n FROM ovens"),
            node("joined", "records.sql", query="SELECT n FROM 'ovens.csv'"),
            node("turn", "knowledge.context", query="kiln", feed="room/kiln"),
        )
    )
    ended = live.runtime.ended(reader)

    assert ended["status"] == "completed", ended["error"]
    uses = memory.history.uses
    assert {it.node for it in uses("knowledge", "kiln") if it.run == reader} == {"found", "turn"}
    assert {it.node for it in uses("records", "ovens") if it.run == reader} == {"asked"}
    assert {it.node for it in uses("files", "main/ovens.csv") if it.run == reader} == {"joined"}
    assert {it.node for it in uses("feed", "room/kiln") if it.run == reader} == {"turn"}
    graph = memory.history.lineage(f"run:{writer}", direction="down", depth=2)
    read = {it["source"] for it in graph["edges"] if it["target"] == f"run:{reader}"}
    assert {name.partition(":")[0] for name in read} >= {"knowledge", "files", "feed"}
    assert sum(name.startswith("knowledge:facts/") for name in read) == 1


def test_blocks_look_into_history(live: Live) -> None:
    past = live.runtime.start(flow(node("say", "feed.append", feed="room/past", body="x")))
    live.runtime.ended(past)
    run = live.runtime.start(
        flow(
            node("runs", "history.runs", limit=1),
            node("steps", "history.steps", run=past),
            node("value", "history.value_of", run=past, node="say"),
            node("lineage", "history.lineage", of=f"run:{past}"),
            node("cost", "history.cost", by="day"),
            node("used", "history.used_file", path="none.csv"),
            outputs={it: it for it in ("runs", "steps", "value", "lineage", "cost", "used")},
        )
    )

    ended = live.runtime.ended(run)

    assert ended["status"] == "completed", ended["error"]
    found = {name: value["json"] for name, value in ended["outputs"].items()}
    assert [step["node"] for step in found["steps"]] == ["say"]
    assert found["value"] == {"json": 1}
    assert "feed:room/past@1" in {it["id"] for it in found["lineage"]["nodes"]}
    assert (len(found["runs"]), found["used"]) == (1, [])


def test_an_ended_run_is_sealed_and_exported_by_the_command_line(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = live.runtime.start(flow(node("say", "feed.append", feed="room/sealed", body="x")))
    live.runtime.ended(run)
    history, path = live.client.memory.history, tmp_path / "b.zip"
    monkeypatch.setenv("PERSISTENTAI_HOME", str(live.runtime.home.path))

    until(lambda: history.verify(run).n is not None, "a worker seals the run")
    exported = CliRunner().invoke(app, ["memory", "history", "export", run, "--to", str(path)])
    verified = CliRunner().invoke(app, ["memory", "history", "verify", run])

    assert history.verify(run).is_intact
    assert exported.exit_code == 0, exported.output
    assert verified.exit_code == 0, verified.output
    anchor = verified.stdout.split()[-1]
    assert verify(path, anchor)[0] == [run]
