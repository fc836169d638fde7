"""Workers killed around firing, emitting and waking: nothing is lost, nothing comes twice."""

import asyncio
import random
import signal

import pytest

from persistentai_lab.engine.triggers.schedules import When
from persistentai_lab.flow.model import FlowSpec
from tests.forking import Started
from tests.runtime import ME, Runtime, flow, node, until

SEEDS = range(1)


def kill(worker: Started) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def test_schedules_fire_once_though_workers_are_killed_all_the_time(runtime: Runtime) -> None:
    when = When(cron="* * * * *", missed="all")
    spec = flow(node("a", "numbers.add", left=1, right=2))
    for name in map(str, range(8)):
        asyncio.run(runtime.triggers.schedule(name, when, spec, {}, (), ME))
    runtime.rows(
        "UPDATE pai.schedule SET next_at = date_trunc('minute', now()) - interval '5 minutes'"
        " RETURNING 1"
    )
    workers = [runtime.worker(), runtime.worker()]

    def fired() -> int:
        (row,) = runtime.rows("SELECT sum(fired)::int AS fired FROM pai.schedule")
        return int(row["fired"])

    for number, worker in enumerate(workers):
        until(lambda: fired() >= 10 * (number + 1), "some fire")  # noqa: B023
        kill(worker)
        runtime.launch()
    until(lambda: fired() >= 48, "all have fired")
    for worker in runtime.workers:  # or the next minute begins while we count
        worker.kill()
        worker.wait()

    slots = [
        (it["body"]["trigger"]["name"], it["body"]["trigger"]["at"])
        for it in runtime.rows("SELECT body FROM pai.event WHERE body ->> 'type' = 'run.created'")
    ]
    assert len(slots) == len(set(slots)) == fired()
    assert len(runtime.rows("SELECT FROM pai.run")) == fired()


def test_a_run_whose_worker_died_while_it_slept_wakes_on_another(runtime: Runtime) -> None:
    first = runtime.worker()
    run = runtime.start(
        flow(node("sleep", "time.sleep", seconds=4.0, value="up"), outputs={"got": "sleep"})
    )
    runtime.reached(run, "waiting")
    due = runtime.rows("SELECT due FROM pai.question WHERE run = %s", run)[0]["due"]
    kill(first)

    runtime.worker()

    row = runtime.ended(run)
    assert row["outputs"] == {"got": {"json": "up"}}
    assert row["ended_at"] >= due
    assert len(runtime.events(run, "wait.begun")) == 1


def test_a_signal_whose_emitter_died_before_it_told_anybody_still_arrives(
    runtime: Runtime,
) -> None:
    worker = runtime.worker()
    spec = flow(node("wait", "signals.wait_for", name="told"), outputs={"got": "wait"})
    run = runtime.start(spec)
    runtime.reached(run, "waiting")
    kill(worker)

    runtime.rows(  # as far as an emitter came that was killed right after its commit
        """INSERT INTO pai.signal (workspace, name, value, facts, expires_at, owner, caller)
           VALUES (%s, 'told', '7', '7', now() + interval '1 hour', 'x', 'x') RETURNING 1""",
        ME.workspace,
    )
    runtime.worker()

    assert runtime.ended(run)["outputs"] == {"got": {"json": 7}}


def test_a_wait_whose_worker_died_before_it_looked_is_given_what_was_there(
    runtime: Runtime,
) -> None:
    worker = runtime.worker()
    spec = flow(node("wait", "signals.wait_for", name="there"), outputs={"got": "wait"})
    run = runtime.start(spec)
    runtime.reached(run, "waiting")
    kill(worker)
    # as if the leg had been killed between its commit and its look at what was emitted before
    runtime.rows("UPDATE pai.run SET status = 'running' WHERE id = %s RETURNING 1", run)
    runtime.rows(
        """UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x'
           WHERE workflow_uuid = %s RETURNING 1""",
        f"{run}/leg/1",
    )
    runtime.rows(
        """INSERT INTO pai.signal
               (workspace, name, value, facts, expires_at, is_offered, owner, caller)
           VALUES (%s, 'there', '7', '7', now() + interval '1 hour', true, 'x', 'x') RETURNING 1""",
        ME.workspace,
    )

    runtime.worker()

    assert runtime.ended(run)["outputs"] == {"got": {"json": 7}}
    assert len(runtime.events(run, "wait.begun")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_chain_of_emits_and_waits_loses_and_repeats_nothing_when_workers_are_killed(
    runtime: Runtime, seed: int
) -> None:
    chance = random.Random(seed)
    beats = 6
    for _ in range(2):
        runtime.worker()
    runs = [runtime.start(_talker(beats)), runtime.start(_echo(beats))]

    def all_ended() -> bool:
        return all(runtime.run(run)["status"] in ("completed", "failed") for run in runs)

    for _ in range(5):
        seen = len(runtime.rows("SELECT FROM pai.signal")) + chance.randrange(3)
        until(
            lambda: all_ended() or len(runtime.rows("SELECT FROM pai.signal")) >= seen,  # noqa: B023
            "it goes on",
        )
        kill(chance.choice([it for it in runtime.workers if it.poll() is None]))
        runtime.launch()

    assert {runtime.ended(run, within_s=60)["status"] for run in runs} == {"completed"}
    emitted = runtime.rows("SELECT name, value FROM pai.signal ORDER BY n")
    assert sorted((it["name"], it["value"]) for it in emitted) == sorted(
        (name, n) for name in ("ping", "pong") for n in range(beats)
    )
    for run in runs:
        heard = [it["body"]["number"] for it in runtime.events(run, "signal.received")]
        assert heard == sorted(set(heard))
        assert len(heard) == beats
    given = runtime.rows("SELECT run, signal FROM pai.signal_given")
    assert len(given) == 2 * beats


def _talker(beats: int) -> FlowSpec:
    """Says a number, waits for its echo, says the next."""
    nodes, edges = [node("say0", "signals.emit", name="ping", value=0)], []
    for beat in range(beats):
        nodes.append(node(f"hear{beat}", "signals.wait_for", name="pong", value_type="number"))
        edges.append(f"say{beat} > hear{beat}")
        if beat + 1 < beats:
            nodes.append(node(f"more{beat}", "numbers.add", right=1))
            nodes.append(node(f"say{beat + 1}", "signals.emit", name="ping"))
            edges.append(f"hear{beat} > more{beat}.left")
            edges.append(f"more{beat} > say{beat + 1}.value")
    return flow(*nodes, edges=tuple(edges))


def _echo(beats: int) -> FlowSpec:
    nodes, edges = [], []
    for beat in range(beats):
        nodes.append(node(f"hear{beat}", "signals.wait_for", name="ping"))
        nodes.append(node(f"say{beat}", "signals.emit", name="pong"))
        edges.append(f"hear{beat} > say{beat}.value")
        if beat:
            edges.append(f"say{beat - 1} > hear{beat}")
    return flow(*nodes, edges=tuple(edges))
