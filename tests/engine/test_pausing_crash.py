"""kill -9 around each command of control: what was wished is obeyed by whoever takes over."""

import pytest

from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import Runtime, flow, mine, node, until


def kill(runtime: Runtime) -> None:
    runtime.workers[-1].kill()
    runtime.workers[-1].wait()


def branches(runtime: Runtime, ledger: Ledger, **halts: object) -> RunId:
    """Two branches whose first nodes hold, each with one more node after it."""
    ledger.hold("a1", "b1")
    names = ("a1", "a2", "b1", "b2")
    nodes = [node(name, mine("look"), address=ledger.address, name=name) for name in names]
    return runtime.start(flow(*nodes, edges=("a1 > a2", "b1 > b2")), **halts)  # type: ignore[arg-type]


def begun(runtime: Runtime, ledger: Ledger, run: RunId, *names: str) -> None:
    until(lambda: set(names) <= set(ledger.counts()), f"{names} began")
    until(lambda: len(runtime.events(run, "node.started")) >= len(names), "and are seen to have")


def test_a_pause_waits_for_every_branch(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    run = branches(runtime, ledger)
    begun(runtime, ledger, run, "a1", "b1")

    runtime.pause(run)
    ledger.release("a1")
    until(lambda: runtime.events(run, "node.completed"), "one branch has come to its boundary")
    assert runtime.run(run)["status"] == "running"
    ledger.release("b1")
    runtime.reached(run, "paused")

    assert ledger.counts() == {"a1": 1, "b1": 1}
    runtime.resume(run)
    runtime.ended(run)
    assert ledger.counts() == {"a1": 1, "b1": 1, "a2": 1, "b2": 1}


def test_a_pause_survives_the_worker_that_was_to_obey_it(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    run = branches(runtime, ledger)
    begun(runtime, ledger, run, "a1", "b1")
    runtime.pause(run)

    kill(runtime)
    runtime.worker()
    runtime.reached(run, "paused")
    assert ledger.counts() == {"a1": 1, "b1": 1}, "nothing was begun anew for a paused run"
    ledger.release()
    runtime.resume(run)

    runtime.ended(run)
    assert ledger.counts() == {"a1": 2, "b1": 2, "a2": 1, "b2": 1}


def test_a_run_is_paused_and_resumed_while_no_worker_lives(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = branches(runtime, ledger)
    ledger.release()

    assert runtime.pause(run).status == "paused"
    assert runtime.pause(run).status == "paused"
    assert runtime.resume(run).status == "queued"
    assert runtime.pause(run).status == "paused"
    assert runtime.step(run).wish == "step"
    assert runtime.pause(run).status == "paused"
    assert runtime.run(run)["wish"] is None
    runtime.resume(run)
    runtime.worker()

    assert runtime.ended(run)["status"] == "completed"
    assert set(ledger.counts().values()) == {1}


def test_a_step_that_was_cut_off_is_one_step_all_the_same(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    run = branches(runtime, ledger, paused=True)
    runtime.step(run)
    begun(runtime, ledger, run, "a1")

    kill(runtime)
    ledger.release()
    runtime.worker()
    runtime.reached(run, "paused")

    assert ledger.counts() == {"a1": 2}
    assert [step["status"] for step in runtime.steps(run)] == ["failed", "completed"]
    assert [e["node"] for e in runtime.events(run, "debug.stepped")] == ["a1"]
    runtime.cancel(run)


def test_a_step_that_was_recorded_before_the_crash_is_not_followed_by_another(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = branches(runtime, ledger, paused=True)
    runtime.step(run)
    begun(runtime, ledger, run, "a1")
    runtime.rows(
        "WITH kept AS (UPDATE pai.step SET status = 'completed', outputs = '{\"result\": "
        '{"json": "a1"}}\', ended_at = now() WHERE run = %s RETURNING 1) SELECT * FROM kept',
        run,
    )  # as if the record had been the worker's last commit

    kill(runtime)
    ledger.release()
    runtime.worker()
    runtime.reached(run, "paused")

    assert ledger.counts() == {"a1": 1}
    assert [e["node"] for e in runtime.events(run, "debug.stepped")] == ["a1"]
    runtime.cancel(run)


def test_a_breakpoint_is_hit_once_whoever_walks(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    run = branches(runtime, ledger, breakpoints={"a2": None})
    begun(runtime, ledger, run, "a1", "b1")
    ledger.release("a1")
    until(lambda: runtime.events(run, "node.completed"), "it stands before the breakpoint")

    kill(runtime)
    runtime.worker()
    begun(runtime, ledger, run, "a1", "b1")
    ledger.release()
    runtime.reached(run, "paused")
    runtime.resume(run)

    runtime.ended(run)
    assert len(runtime.events(run, "debug.breakpoint_hit")) == 1
    assert ledger.counts()["a2"] == 1


@pytest.mark.parametrize("first", ["pause", "cancel"])
def test_of_pausing_and_cancelling_at_once_the_run_is_cancelled(
    runtime: Runtime, ledger: Ledger, first: str
) -> None:
    runtime.worker()
    run = branches(runtime, ledger)
    begun(runtime, ledger, run, "a1", "b1")

    if first == "pause":
        runtime.pause(run)
    runtime.cancel(run)
    ledger.release()

    assert runtime.run(run)["status"] == "cancelled"
    assert runtime.events(run)[-1]["body"]["type"] == "run.cancelled"
