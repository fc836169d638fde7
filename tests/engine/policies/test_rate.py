"""A rate holds over all runs and workers of a workspace, and whoever waits long costs nothing."""

from datetime import timedelta
from itertools import pairwise

from persistentai_lab.flow.model import FlowSpec, Policy, Rate
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import Runtime, flow, mine, node, until


def called(ledger: Ledger, rate: Rate, name: str = "a") -> FlowSpec:
    return flow(
        node("a", mine("look"), Policy(rate=rate), address=ledger.address, name=name),
        outputs={"name": "a"},
    )


def when_due(runtime: Runtime, run: RunId) -> None:
    """Let the time come that a run waits for."""
    runtime.rows("UPDATE pai.turn SET at = now() WHERE run = %s RETURNING 1", run)
    runtime.rows("UPDATE pai.question SET due = now() WHERE run = %s RETURNING 1", run)


def test_no_period_has_more_starts_than_the_rate_says_whoever_starts_them(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    runtime.worker()
    period = timedelta(seconds=0.6)
    spec = called(ledger, Rate(times=2, per_s=0.6))

    runs = [runtime.start(spec) for _ in range(6)]

    assert {runtime.ended(run)["status"] for run in runs} == {"completed"}
    turns = runtime.rows("SELECT run, at FROM pai.turn ORDER BY n")
    begun = [runtime.events(run, "node.started")[0]["at"] for run in runs]
    assert max(begun) >= runtime.run(runs[0])["created_at"] + 2 * period
    assert all(b["at"] - a["at"] >= period for a, b in zip(turns, turns[2:], strict=False))
    for turn in turns:
        (began,) = runtime.events(turn["run"], "node.started")
        assert began["at"] >= turn["at"]
    assert ledger.counts() == {"a": 6}


def test_whoever_waits_long_for_a_turn_is_a_row_and_goes_on_by_itself(
    runtime: Runtime, ledger: Ledger
) -> None:
    worker = runtime.worker()
    spec = called(ledger, Rate(times=1, per_s=3600, key="a model"))
    runtime.ended(runtime.start(spec))
    later = runtime.start(spec)

    assert runtime.reached(later, "waiting")
    (delayed,) = runtime.events(later, "node.delayed")
    assert (delayed["body"]["key"], delayed["node"]) == ("a model", "a")
    pending = "SELECT 1 FROM dbos.workflow_status WHERE status = 'PENDING'"
    until(lambda: not runtime.rows(pending), "nothing holds it")
    worker.kill()
    runtime.worker()
    when_due(runtime, later)

    assert runtime.ended(later)["status"] == "completed"
    assert ledger.counts() == {"a": 2}
    assert len(runtime.rows("SELECT 1 FROM pai.turn WHERE run = %s", later)) == 1
    assert len(runtime.events(later, "node.delayed")) == 1


def test_what_a_cancelled_run_does_not_use_is_given_to_others(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    spec = called(ledger, Rate(times=1, per_s=3600))
    first = runtime.start(spec)
    runtime.ended(first)
    given_up = [runtime.start(spec) for _ in range(3)]
    for run in given_up:
        runtime.reached(run, "waiting")
        runtime.cancel(run)

    later = runtime.start(spec)
    runtime.reached(later, "waiting")

    turns = runtime.rows("SELECT at FROM pai.turn WHERE run = ANY(%s) ORDER BY at", [first, later])
    assert [b["at"] - a["at"] for a, b in pairwise(turns)] == [timedelta(hours=1)]


def test_each_key_has_its_own_turns(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    for key in ("one", "two"):
        spec = called(ledger, Rate(times=1, per_s=3600, key=key), name=key)
        assert runtime.ended(runtime.start(spec))["status"] == "completed"


def test_other_branches_go_on_while_one_waits_for_its_turn(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    rate = Policy(rate=Rate(times=1, per_s=3600))
    runtime.ended(runtime.start(called(ledger, Rate(times=1, per_s=3600))))
    run = runtime.start(
        flow(
            node("slow", mine("look"), rate, address=ledger.address, name="slow"),
            node("free", mine("note"), None, key="k", item="x"),
        )
    )

    runtime.reached(run, "waiting")

    assert [step["node"] for step in runtime.steps(run)] == ["free"]
    runtime.cancel(run)
    until(lambda: runtime.run(run)["status"] == "cancelled", "it can be cancelled")
