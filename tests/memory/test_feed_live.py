"""Feeds through real processes: blocks in a run, the client, and the command line."""

import json
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from persistentai_lab.cli.main import app
from persistentai_lab.client.memory.feed import verify_file
from persistentai_lab.errors import BadPatch, BrokenChain, NotInMemory
from persistentai_lab.memory.feed.model import Entry, NewEntry
from tests.memory.conftest import Live
from tests.runtime import flow, node


def test_blocks_patch_look_append_erase_and_verify(live: Live) -> None:
    said = [{"op": "add", "path": "/goal", "value": "ship"}]
    patching = live.runtime.start(
        flow(
            node("patch", "feed.patch_state", feed="room/run", patch=said),
            node("state", "feed.state", feed="room/run"),
            node("last", "feed.last", feed="room/run"),
            edges=("patch.result > state.at", "patch.result > last.count"),
            outputs={"state": "state", "last": "last"},
        )
    )
    patched = live.runtime.ended(patching)
    erased = live.runtime.ended(
        live.runtime.start(
            flow(
                node("all", "feed.append_all", feed="room/run", bodies=["a", "b"]),
                node("erase", "feed.forget", feed="room/run", reason="asked to"),
                edges=("all.result > erase.seqs",),
                outputs={"all": "all", "erased": "erase"},
            )
        )
    )
    verified = live.runtime.ended(
        live.runtime.start(
            flow(node("v", "feed.verify", feed="room/run"), outputs={"verdict": "v"})
        )
    )

    assert patched["outputs"]["state"] == {"json": {"goal": "ship"}}, patched["error"]
    assert [entry["run"] for entry in patched["outputs"]["last"]["json"]] == [patching]
    assert erased["outputs"] == {"all": {"json": [2, 3]}, "erased": {"json": [2, 3]}}, erased
    found = verified["outputs"]["verdict"]["json"]
    assert (found["intact"], found["seq"], found["erased"]) == (True, 4, 2)
    assert live.client.memory.feed.state("room/run").state == {"goal": "ship"}


def test_a_patch_that_does_not_fit_fails_the_step_and_the_caller(live: Live) -> None:
    wrong = [{"op": "remove", "path": "/nothing"}]
    run = live.runtime.start(flow(node("p", "feed.patch_state", feed="room/wrong", patch=wrong)))

    error = live.runtime.ended(run)["error"]

    assert error["code"] == "bad_patch"
    assert "/nothing" in error["message"]
    with pytest.raises(BadPatch, match="/nothing"):
        live.client.memory.feed.patch_state("room/wrong", wrong)
    with pytest.raises(NotInMemory):
        live.client.memory.feed.state("room/wrong")


def test_who_follows_hears_runs_and_people_in_order(live: Live) -> None:
    feed = live.client.memory.feed
    feed.append("room/live", "before")
    heard: list[Entry] = []
    following = feed.follow("room/live", after=0)

    def listen() -> None:
        heard.extend(next(following) for _ in range(4))

    thread = threading.Thread(target=listen)
    thread.start()
    feed.append_all("room/live", [NewEntry(body="x", key="k"), NewEntry(body="y", key="k")])
    run = live.runtime.start(flow(node("say", "feed.append", feed="room/live", body="of a run")))
    live.runtime.ended(run)
    feed.append("room/live", "last")
    thread.join(60)

    assert [(entry.seq, entry.body) for entry in heard] == [
        (1, "before"), (2, "x"), (3, "of a run"), (4, "last"),
    ]  # fmt: skip


def test_the_command_line_exports_imports_and_verifies(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, file = live.client.memory.feed, tmp_path / "a.jsonl"
    feed.append("room/cli", {"text": "Grüße"})
    feed.append("room/cli", "secret")
    feed.forget("room/cli", [2])
    monkeypatch.setenv("PERSISTENTAI_HOME", str(live.runtime.home.path))
    run = CliRunner().invoke

    exported = run(app, ["memory", "feed", "export", "room/cli", "--to", str(file)])
    imported = run(app, ["memory", "feed", "import", "room/copy", str(file)])
    verified = run(app, ["memory", "feed", "verify", "room/copy", "--json"])
    offline = run(app, ["memory", "feed", "verify", "--file", str(file)])

    assert exported.exit_code == imported.exit_code == 0, (exported.output, imported.output)
    assert json.loads(verified.stdout)["intact"]
    assert "3 entries (1 erased) hold" in offline.stdout
    anchor = offline.stdout.split()[-1]
    assert feed.verify("room/copy", anchor=anchor).is_intact
    assert not feed.verify("room/copy", anchor=f"2:{anchor[2:]}").is_intact
    assert [entry.body for entry in feed.read("room/copy")][:2] == [{"text": "Grüße"}, None]
    file.write_bytes(file.read_bytes().replace("Grüße".encode(), "Grüsse".encode()))
    with pytest.raises(BrokenChain, match="Line 2"):
        verify_file(file)
    refused = run(app, ["memory", "feed", "import", "room/forged", str(file)])
    assert isinstance(refused.exception, BrokenChain)
    assert feed.feeds("room/forged") == []
