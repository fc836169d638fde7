"""How far a leg runs ahead of its record: quick reads do, a moment; whatever leaves the run never.

Commits are held up by a lock on the table of steps. Which commit wrote what is told by the
transaction that the rows carry: what began while a record was on its way is written by the same
one, or by an earlier one. All tests share a worker; the one that kills it leaves another.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from persistentai_lab.flow.model import Approval, FlowSpec, Node, Policy
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import ENDED, Runtime, flow, mine, node, until

EVERY_S = 0.5
"""A machine that is busy elsewhere makes a quick body slow; then another run is tried."""


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("ahead"), make_database()) as runtime:
        runtime.worker()
        yield runtime


@contextmanager
def held_up(runtime: Runtime) -> Iterator[None]:
    """No step can be recorded meanwhile; runs can be started."""
    with psycopg.connect(runtime.database_url) as connection:
        connection.execute("LOCK TABLE pai.step IN SHARE MODE")
        yield


def until_one_ran_ahead(runtime: Runtime, ledger: Ledger, spec: FlowSpec, then: str) -> list[RunId]:
    """Start runs until a body was called in one of them; returns them all."""
    runs = [runtime.start(spec)]
    started = time.monotonic()

    def ran() -> bool:
        nonlocal started
        if time.monotonic() - started > EVERY_S:
            runs.append(runtime.start(spec))
            started = time.monotonic()
        return bool(ledger.counts()[then])

    until(ran, "one ran ahead, though nothing can be recorded")
    return runs


def quick(name: str) -> Node:
    return node(name, "time.wait", seconds=0, value=name)


def in_a_row(count: int, seconds: float) -> tuple[list[Node], list[str]]:
    """Reads that take so long, `n000` and so on, and the edges between them."""
    nodes = [node("n000", "time.wait", seconds=seconds, value=0)]
    nodes += [node(f"n{i:03}", "time.wait", seconds=seconds) for i in range(1, count)]
    return nodes, [f"n{i - 1:03} > n{i:03}.value" for i in range(1, count)]


def commits(runtime: Runtime, run: RunId, kind: str) -> dict[str, int]:
    """Of each node, which commit wrote its last event of a kind: later ones have higher numbers."""
    rows = runtime.rows(
        "SELECT node, xmin::text::bigint AS written FROM pai.event "
        "WHERE run = %s AND body->>'type' = %s ORDER BY seq",
        run,
        kind,
    )
    return {row["node"]: row["written"] for row in rows}


def began_ahead(runtime: Runtime, run: RunId, first: str, then: str) -> bool:
    """Whether a node began before the end of the one before it was recorded."""
    return (
        commits(runtime, run, "node.started")[then]
        <= commits(runtime, run, "node.completed")[first]
    )


def test_a_read_begins_while_the_record_before_it_is_on_its_way(
    runtime: Runtime, ledger: Ledger
) -> None:
    spec = flow(
        quick("a"), node("b", mine("look"), address=ledger.address, name="b"), edges=("a > b",)
    )

    with held_up(runtime):
        runs = until_one_ran_ahead(runtime, ledger, spec, "b")

    assert {runtime.ended(run)["status"] for run in runs} == {"completed"}
    assert any(began_ahead(runtime, run, "a", "b") for run in runs)
    for run in runs:
        events = [(e["node"], e["body"]["type"]) for e in runtime.events(run) if e["node"]]
        assert events == [(n, f"node.{what}") for n in "ab" for what in ("started", "completed")]


def write(ledger: Ledger) -> Node:
    return node("then", mine("pay"), address=ledger.address, name="then")


def store(_: Ledger) -> Node:
    return node("then", mine("note"), key="list", item="then")


def approval(ledger: Ledger) -> Node:
    policy = Policy(approval=Approval())
    return node("then", mine("look"), policy, address=ledger.address, name="then")


def spending(ledger: Ledger) -> Node:
    policy = Policy.model_validate({"budget": {"tokens": 100}})
    return node("then", mine("look"), policy, address=ledger.address, name="then")


def human(_: Ledger) -> Node:
    return node("then", "human.ask", text="Go on?")


def signal(_: Ledger) -> Node:
    return node("then", "signals.emit", name="then")


@pytest.mark.parametrize("then", [write, store, approval, spending, human, signal])
def test_what_leaves_the_run_waits_for_the_record(
    runtime: Runtime, ledger: Ledger, then: Callable[[Ledger], Node]
) -> None:
    # Beside it, a read shows that the leg does run ahead just then.
    beside = node("beside", mine("look"), address=ledger.address, name="beside")
    nodes = (quick("a"), then(ledger), beside)
    into = {"human.ask": "shown", "signals.emit": "value"}.get(nodes[1].block, "after")
    spec = flow(*nodes, edges=(f"a > then.{into}", "a > beside"))

    with held_up(runtime):
        runs = until_one_ran_ahead(runtime, ledger, spec, "beside")
        assert not ledger.counts()["then"]

    for run in runs:
        until(lambda run=run: seen(runtime, run, "then"), "the other began in the end")
        told = [e for e in runtime.events(run) if e["node"] == "then"]
        assert written(runtime, run, told[0]["seq"]) > commits(runtime, run, "node.completed")["a"]
        waits = until(lambda run=run: rests(runtime, run), "it has ended, or waits") == "waiting"
        assert waits == (then in (approval, human))
        if waits:
            runtime.cancel(run)


def rests(runtime: Runtime, run: RunId) -> str | None:
    status: str = runtime.run(run)["status"]
    return status if status in ("waiting", *ENDED) else None


def seen(runtime: Runtime, run: RunId, node_id: str) -> bool:
    return any(event["node"] == node_id for event in runtime.events(run))


def written(runtime: Runtime, run: RunId, seq: int) -> int:
    """The commit that wrote an event."""
    (row,) = runtime.rows(
        "SELECT xmin::text::bigint AS written FROM pai.event WHERE run = %s AND seq = %s", run, seq
    )
    return int(row["written"])


@pytest.mark.parametrize(("count", "seconds"), [(1, 0.06), (30, 0.006)])
def test_while_the_database_is_away_nothing_more_begins_after_a_moment(
    runtime: Runtime, ledger: Ledger, count: int, seconds: float
) -> None:
    """After one that was not quick, and after quick ones that together took too long."""
    steps, edges = in_a_row(count, seconds)
    b = node("b", mine("look"), address=ledger.address, name="b")
    late = node("late", mine("look_late"), address=ledger.address, name="late", wait_s=1)
    spec = flow(*steps, b, late, edges=(*edges, f"n{count - 1:03} > b"))

    with held_up(runtime):
        run = runtime.start(spec)
        until(lambda: ledger.counts()["late"], "by now all would have begun")
        assert not ledger.counts()["b"]

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"late": 1, "b": 1}


def test_a_run_that_is_debugged_never_runs_ahead(runtime: Runtime, ledger: Ledger) -> None:
    b = node("b", mine("look"), address=ledger.address, name="b")
    far = node("far", "time.wait", seconds=0)
    spec = flow(quick("a"), b, far, edges=("a > b", "b > far.value"))

    runs = [runtime.start(spec, breakpoints={"far": None}) for _ in range(3)]

    for run in runs:
        runtime.reached(run, "paused")
        assert not began_ahead(runtime, run, "a", "b")


def test_what_was_recorded_never_runs_again_however_far_ahead_it_was(runtime: Runtime) -> None:
    steps, edges = in_a_row(300, 0)
    run = runtime.start(flow(*steps, edges=tuple(edges)))
    until(lambda: len(runtime.steps(run)) > 20, "it is under way")

    runtime.workers[-1].kill()
    runtime.workers[-1].wait()
    # What the server still does for the dead is done once its connections are gone.
    until(lambda: not connections(runtime), "the dead one's commits are decided")
    recorded = completed(runtime, run)
    runtime.worker()

    assert runtime.ended(run)["status"] == "completed"
    assert recorded.items() <= completed(runtime, run).items()
    assert len(completed(runtime, run)) == 300
    assert not runtime.rows(
        "SELECT FROM pai.step a JOIN pai.step b USING (run, path) "
        "WHERE run = %s AND a.status = 'completed' AND b.attempt > a.attempt",
        run,
    )
    seqs = [event["seq"] for event in runtime.events(run)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(runtime.events(run, "node.completed")) == 300


def completed(runtime: Runtime, run: RunId) -> dict[tuple[str, int], int]:
    """The completed attempts, each with the commit that wrote it."""
    rows = runtime.rows(
        "SELECT path, attempt, xmin::text::bigint AS written FROM pai.step "
        "WHERE run = %s AND status = 'completed'",
        run,
    )
    return {(row["path"], row["attempt"]): row["written"] for row in rows}


def connections(runtime: Runtime) -> int:
    """How many connections of workers the server still serves."""
    return len(
        runtime.rows(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'persistentai-worker'"
        )
    )
