"""A run is computed again from its record: what is pure is compared, the world is left alone."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from persistentai_lab.engine.commands.starting import KeyReused
from persistentai_lab.errors import Conflict, RunNotFound
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.ids import RunId
from tests import ledger_blocks
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("replay"), make_database()) as runtime:
        runtime.worker()
        yield runtime


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """The file that fickle blocks read."""
    path = tmp_path / "said"
    path.write_text("first")
    return path


def _everything(ledger: Ledger) -> FlowSpec:
    """Looks, thinks, pays, thinks."""
    at = {"address": ledger.address}
    return flow(
        node("look", mine("look"), **at, name="look"),
        node("think", "text.upper"),
        node("pay", mine("pay"), **at),
        node("tell", "lists.of"),
        node("odd", mine("odd_numbers")),
        node("count", mine("how_many_finite")),
        node("big", mine("large"), megabytes=2),
        node("long", "lists.of"),
        edges=(
            "look > think.text",
            "think > pay.name",
            "pay > tell.a",
            "odd > count.numbers",
            "big > long.a",
        ),
        outputs={"result": "tell"},
    )


def _whole(runtime: Runtime, run: RunId) -> dict[str, list[dict[str, Any]]]:
    """All that is kept of a run, byte for byte."""
    tables = ("run", "step", "event", "question")
    return {
        table: runtime.rows(
            f"SELECT t::text FROM pai.{table} t WHERE {'id' if table == 'run' else 'run'} = %s "
            "ORDER BY 1",
            run,
        )
        for table in tables
    }


def test_a_replay_calls_nothing_outside_and_leaves_the_run_as_it_was(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(_everything(ledger))
    assert runtime.ended(run)["status"] == "completed"
    runtime.execute("UPDATE pai.run SET is_sealed = true")  # or a worker does so meanwhile
    before, called = _whole(runtime, run), ledger.counts()

    verdict = runtime.verdict(run)

    assert verdict["verdict"] == "identical", verdict
    assert (verdict["recomputed"], verdict["taken"], verdict["unrecorded"]) == (6, 2, 0)
    assert (verdict["source"], verdict["source_status"]) == (run, "completed")
    assert verdict["difference"] is None
    assert ledger.counts() == called
    assert _whole(runtime, run) == before


def test_a_replay_is_a_run_of_its_own_that_tells_what_it_did(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(_everything(ledger))
    runtime.ended(run)

    replay = runtime.replay(run)
    runtime.ended(replay)

    created, *_, replayed, completed = (it["body"] for it in runtime.events(replay))
    assert (created["type"], created["replays"]) == ("run.created", run)
    assert (replayed["type"], replayed["verdict"]) == ("run.replayed", "identical")
    assert completed["type"] == "run.completed"
    reused = {event["node"] for event in runtime.events(replay, "node.reused")}
    started = {event["node"] for event in runtime.events(replay, "node.started")}
    assert reused == {"look", "pay"}
    assert started == {"think", "tell", "odd", "count", "big", "long"}
    assert runtime.run(replay)["replays"] == run


@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run(["unshare", "-rn", "true"]).returncode != 0,
    reason="this machine lets nobody cut the network off",
)
def test_a_replay_needs_no_network_at_all(
    tmp_path: Path, database_url: str, ledger: Ledger
) -> None:
    with Runtime(tmp_path, database_url) as runtime:
        with_network = runtime.worker()
        run = runtime.start(_everything(ledger))
        assert runtime.ended(run)["status"] == "completed"
        with_network.kill()
        with_network.wait()
        runtime.worker(inside=("unshare", "-n"))

        assert runtime.verdict(run)["verdict"] == "identical"


def test_a_pure_block_finds_no_network_in_a_replay(runtime: Runtime, ledger: Ledger) -> None:
    run = runtime.start(flow(node("peek", mine("peek"), address=ledger.address)))
    assert runtime.ended(run)["status"] == "completed"

    assert runtime.verdict(run)["verdict"] == "identical"
    assert not ledger.counts()


def test_the_first_difference_is_where_it_arises_not_where_it_ends_up(
    runtime: Runtime, said: Path
) -> None:
    run = runtime.start(
        flow(
            node("a", "text.upper", text="same"),
            node("b", mine("fickle"), path=str(said)),
            node("c", "text.upper"),
            node("d", "lists.of"),
            edges=("b > c.text", "c > d.a"),
        )
    )
    runtime.ended(run)
    said.write_text("second")

    verdict = runtime.verdict(run)

    assert (verdict["verdict"], verdict["different"], verdict["recomputed"]) == ("different", 1, 4)
    found = verdict["difference"]
    assert (found["node"], found["port"]) == ("b", "result")
    assert found["what"] == '"first" → "second"'
    assert found["inputs"]["path"]["preview"] == str(said)
    assert (found["recorded"]["preview"], found["recomputed"]["preview"]) == ("first", "second")


def test_of_several_differences_the_first_in_the_plan_is_told(runtime: Runtime, said: Path) -> None:
    run = runtime.start(
        flow(
            node("z", mine("fickle"), path=str(said)),
            node("m", "text.upper"),
            node("a", mine("fickle"), path=str(said)),
            node("k", "lists.of"),
            edges=("z > m.text", "m > k.a", "a > k.b"),
        )
    )
    runtime.ended(run)
    said.write_text("second")

    verdict = runtime.verdict(run)

    order = runtime.rows(
        "SELECT plan FROM pai.flow_version v JOIN pai.run r USING (plan_hash) WHERE r.id = %s", run
    )[0]["plan"]
    assert verdict["different"] == 2
    names = [event["node"] for event in runtime.events(run, "node.started")]
    assert verdict["difference"]["node"] in ("z", "a")
    assert verdict["difference"]["path"] == min(
        (it["path"] for it in runtime.steps(run) if it["node"] in ("z", "a")),
    ), (names, order)


def test_a_table_that_differs_is_told_by_its_cell(runtime: Runtime, said: Path) -> None:
    said.write_text("1 2 3")
    run = runtime.start(flow(node("t", mine("fickle_table"), path=str(said))))
    runtime.ended(run)
    same = runtime.verdict(run)
    assert same["verdict"] == "identical", same["needs"]
    said.write_text("1 2 4")

    found = runtime.verdict(run)["difference"]

    assert found["what"] == "row 2, column 'n': 3 → 4"
    assert found["recorded"]["about"] == "3 × 1 table"


def test_a_step_that_failed_is_the_same_when_it_fails_for_the_same_reason(
    runtime: Runtime, said: Path
) -> None:
    said.write_text("no")
    run = runtime.start(
        flow(
            node("weak", mine("fickle_failure"), path=str(said)),
            node("after", "text.upper"),
            node("beside", "text.upper", text="x"),
            edges=("weak > after.text",),
        )
    )
    assert runtime.ended(run)["status"] == "failed"

    same = runtime.verdict(run)
    assert (same["verdict"], same["unrecorded"]) == ("identical", 1)
    assert same["source_status"] == "failed"

    said.write_text("never")
    other = runtime.verdict(run)["difference"]
    assert (other["node"], other["port"]) == ("weak", None)
    assert "no at" in other["recorded_error"]["message"]
    assert "never at" in other["recomputed_error"]["message"]

    said.write_text("")
    mended = runtime.verdict(run)["difference"]
    assert mended["recomputed_error"] is None


def test_what_was_taken_over_from_another_run_is_computed_again_all_the_same(
    runtime: Runtime, said: Path, ledger: Ledger
) -> None:
    first = runtime.start(flow(node("b", mine("fickle"), path=str(said))))
    runtime.ended(first)
    second = asyncio.run(runtime.commands.fork(first, ME)).run
    runtime.ended(second)
    said.write_text("second")

    assert runtime.verdict(second)["difference"]["node"] == "b"


def test_a_run_under_way_is_looked_at_as_far_as_it_is_recorded(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(
        flow(
            node("quick", "text.upper", text="x"),
            node("slow", mine("look"), address=ledger.address, name="slow", wait_s=600),
            edges=("quick > slow.after",),
        )
    )
    until(lambda: ledger.counts()["slow"], "the slow body runs")
    until(
        lambda: [it for it in runtime.steps(run) if it["status"] == "completed"],
        "the quick step is recorded",
    )

    verdict = runtime.verdict(run)

    assert (verdict["verdict"], verdict["source_status"]) == ("identical", "running")
    assert (verdict["recomputed"], verdict["unrecorded"]) == (1, 1)
    assert ledger.counts() == {"slow": 1}
    runtime.cancel(run)


def test_a_block_that_is_not_here_any_more_is_named_and_is_no_difference(
    runtime: Runtime,
) -> None:
    run = runtime.start(flow(node("a", "text.upper", text="x"), node("b", "text.upper", text="y")))
    runtime.ended(run)
    # As a database looks that a newer release has written.
    runtime.rows(
        """UPDATE pai.flow_version v SET
               spec = replace(spec::text, '"text.upper"', '"text.upper_2"')::json,
               signatures = replace(signatures::text, 'text.upper', 'text.upper_2')::json
           FROM pai.run r WHERE r.id = %s AND v.plan_hash = r.plan_hash
             AND v.flow_hash = r.flow_hash RETURNING 1""",
        run,
    )

    verdict = runtime.verdict(run)

    assert (verdict["verdict"], verdict["difference"]) == ("incomplete", None)
    need = verdict["needs"][0]
    assert (need["node"], need["error"]["code"]) == ("a", "block_unavailable")
    assert "text.upper_2" in need["error"]["message"]


def test_source_that_is_gone_is_said(runtime: Runtime, said: Path) -> None:
    run = runtime.start(flow(node("b", mine("fickle"), path=str(said))))
    runtime.ended(run)
    runtime.rows(
        "UPDATE pai.run SET code = %s WHERE id = %s RETURNING 1",
        json.dumps({ledger_blocks.__name__: "0" * 64}),
        run,
    )

    verdict = runtime.verdict(run)

    assert verdict["verdict"] == "incomplete"
    assert verdict["needs"][0]["error"]["code"] == "code_missing"


def test_a_replay_survives_the_loss_of_its_worker(tmp_path: Path, database_url: str) -> None:
    gate = tmp_path / "gate"
    with Runtime(tmp_path, database_url) as runtime:
        first = runtime.worker()
        run = runtime.start(
            flow(
                node("a", "text.upper", text="x"),
                node("b", mine("slowly"), address=str(gate)),
                edges=("a > b.value",),
            )
        )
        assert runtime.ended(run)["status"] == "completed"
        gate.touch()
        replay = runtime.replay(run)
        until(
            lambda: [it for it in runtime.steps(replay) if it["status"] == "started"],
            "the slow step is being computed",
        )

        os.kill(first.pid, signal.SIGKILL)
        runtime.worker()
        gate.unlink()

        assert runtime.ended(replay)["outputs"]["result"]["json"]["verdict"] == "identical"
        assert runtime.events(replay, "run.recovered")
        assert len([e for e in runtime.events(replay, "node.started") if e["node"] == "a"]) == 1


def test_a_replay_can_be_cancelled(runtime: Runtime, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    run = runtime.start(flow(node("b", mine("slowly"), address=str(gate))))
    runtime.ended(run)
    gate.touch()
    replay = runtime.replay(run)
    until(lambda: runtime.steps(replay), "it is being computed")

    runtime.cancel(replay)

    assert runtime.ended(replay)["status"] == "cancelled"
    gate.unlink()


def test_one_wish_is_one_replay(runtime: Runtime) -> None:
    run = runtime.start(flow(node("a", "text.upper", text="x")))
    other = runtime.start(flow(node("a", "text.upper", text="x")))
    runtime.ended(run)

    assert runtime.replay(run, "once") == runtime.replay(run, "once")
    with pytest.raises(KeyReused):
        runtime.replay(other, "once")


def test_a_replay_is_neither_replayed_nor_forked(runtime: Runtime) -> None:
    run = runtime.start(flow(node("a", "text.upper", text="x")))
    runtime.ended(run)
    replay = runtime.replay(run)
    runtime.ended(replay)

    with pytest.raises(Conflict, match=run):
        runtime.replay(replay)
    with pytest.raises(Conflict, match=run):
        asyncio.run(runtime.commands.fork(replay, ME))
    with pytest.raises(RunNotFound):
        runtime.replay(RunId("r-nothing"))
