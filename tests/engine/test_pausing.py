"""Pause, resume and step with a real worker: at every step boundary, and twice is once."""

from collections.abc import Callable, Iterator

import pytest

from persistentai_lab.errors import NotPaused, RunEnded, RunNotFound
from persistentai_lab.flow.model import Policy, Retry
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("pausing"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def kinds(runtime: Runtime, run: RunId) -> list[str]:
    return [event["body"]["type"] for event in runtime.events(run)]


def under_way(runtime: Runtime, ledger: Ledger) -> RunId:
    """A run whose first node holds until the ledger lets go of it; two more follow."""
    ledger.hold("a")
    run = runtime.start(
        flow(
            node("a", mine("look"), address=ledger.address, name="a"),
            node("b", mine("look"), address=ledger.address, name="b"),
            node("c", mine("look"), address=ledger.address, name="c"),
            edges=("a > b", "b > c"),
            outputs={"last": "c"},
        )
    )
    until(lambda: ledger.counts()["a"], "the first body began")
    until(lambda: runtime.events(run, "node.started"), "and is seen to have begun")
    return run


def test_what_runs_is_recorded_and_nothing_more_starts(runtime: Runtime, ledger: Ledger) -> None:
    run = under_way(runtime, ledger)

    assert runtime.pause(run).wish == "pause"
    assert runtime.pause(run).wish == "pause"
    assert runtime.run(run)["status"] == "running"
    ledger.release()
    runtime.reached(run, "paused")

    assert ledger.counts() == {"a": 1}
    assert [step["status"] for step in runtime.steps(run)] == ["completed"]
    assert kinds(runtime, run).count("run.wished") == 1
    (paused,) = runtime.events(run, "run.paused")
    assert paused["body"]["by"] == ME.user
    assert runtime.pause(run).status == "paused"
    assert kinds(runtime, run)[-1] == "run.paused"


def test_a_paused_run_goes_on_where_it_was(runtime: Runtime, ledger: Ledger) -> None:
    run = under_way(runtime, ledger)
    runtime.pause(run)
    ledger.release()
    runtime.reached(run, "paused")

    assert runtime.resume(run).status == "queued"
    row = runtime.ended(run)

    assert row["outputs"] == {"last": {"json": "c"}}
    assert ledger.counts() == {"a": 1, "b": 1, "c": 1}
    assert row["wish"] is None
    assert [e["body"]["by"] for e in runtime.events(run, "run.queued")] == [None, ME.user]
    assert kinds(runtime, run).count("run.resumed") == 1
    assert "run.recovered" not in kinds(runtime, run)


def test_a_pause_may_be_taken_back_before_it_has_come(runtime: Runtime, ledger: Ledger) -> None:
    run = under_way(runtime, ledger)
    runtime.pause(run)

    assert (runtime.resume(run).status, runtime.run(run)["wish"]) == ("running", None)
    before = len(runtime.events(run))
    assert runtime.resume(run).status == "running"
    assert len(runtime.events(run)) == before, "resuming what runs changes nothing"
    ledger.release()

    assert runtime.ended(run)["status"] == "completed"
    assert "run.paused" not in kinds(runtime, run)
    assert "run.recovered" not in kinds(runtime, run)
    assert ledger.counts() == {"a": 1, "b": 1, "c": 1}


def test_a_step_is_one_node_also_where_several_could_start(
    runtime: Runtime, ledger: Ledger
) -> None:
    names = ("a", "b1", "b2", "c")
    nodes = [node(name, mine("look"), address=ledger.address, name=name) for name in names]
    run = runtime.start(flow(*nodes, edges=("a > b1", "a > b2", "b1 > c")), paused=True)
    seen = []

    for _ in names[:-1]:
        runtime.step(run)
        runtime.reached(run, "paused")
        seen.append([step["node"] for step in runtime.steps(run)])
    runtime.step(run)
    row = runtime.ended(run)

    assert [len(each) for each in seen] == [1, 2, 3]
    assert seen[0] == ["a"]
    assert row["status"] == "completed"
    assert ledger.counts() == dict.fromkeys(names, 1)
    assert [e["node"] for e in runtime.events(run, "debug.stepped")] == ["a", "b1", "b2"]


def test_only_a_paused_run_can_be_stepped(runtime: Runtime, ledger: Ledger) -> None:
    run = under_way(runtime, ledger)

    with pytest.raises(NotPaused) as caught:
        runtime.step(run)

    assert (caught.value.code, caught.value.http_status) == ("not_paused", 409)
    ledger.release()
    runtime.ended(run)


def test_a_run_that_has_ended_takes_no_commands(runtime: Runtime) -> None:
    run = runtime.start(flow(node("one", "numbers.add", left=1, right=1)))
    runtime.ended(run)
    before = len(runtime.events(run))

    for command in (runtime.pause, runtime.resume, runtime.step):
        with pytest.raises(RunEnded):
            command(run)
    with pytest.raises(RunEnded):
        runtime.break_at(run, "one")

    assert len(runtime.events(run)) == before


def test_a_run_that_is_not_there_takes_no_commands(runtime: Runtime) -> None:
    for command in (runtime.pause, runtime.resume, runtime.step):
        with pytest.raises(RunNotFound):
            command(RunId("r-none"))


def test_a_paused_run_can_be_cancelled(runtime: Runtime, ledger: Ledger) -> None:
    run = under_way(runtime, ledger)
    runtime.pause(run)
    ledger.release()
    runtime.reached(run, "paused")

    runtime.cancel(run)

    assert runtime.run(run)["status"] == "cancelled"
    with pytest.raises(RunEnded):
        runtime.resume(run)
    assert ledger.counts() == {"a": 1}


def test_a_pause_ends_the_wait_before_another_attempt(runtime: Runtime, ledger: Ledger) -> None:
    policy = Policy(retry=Retry(attempts=3, backoff_s=3600, max_backoff_s=3600))
    bad = node("bad", mine("fail_until"), policy, address=ledger.address, name="bad", attempt=2)
    run = runtime.start(flow(bad))
    until(lambda: runtime.events(run, "node.retried"), "it waits an hour")

    runtime.pause(run)
    runtime.reached(run, "paused")
    runtime.resume(run)

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"bad": 2}


def test_answers_to_a_paused_run_are_kept_until_it_goes_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    pay = node("pay", mine("pay_and_die"), address=ledger.address, name="pay")
    policy = Policy(retry=Retry(attempts=3, backoff_s=0.01))
    run = runtime.start(flow(pay.model_copy(update={"policy": policy})))
    runtime.reached(run, "waiting")
    (question,) = runtime.rows("SELECT id FROM pai.question WHERE run = %s", run)

    assert runtime.pause(run).status == "paused"
    runtime.answer(run, question["id"], "done", {"result": "paid"})
    assert runtime.run(run)["status"] == "paused"
    runtime.resume(run)

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"pay": 1}


def test_a_pause_that_is_taken_back_while_a_body_runs_holds_nobody_up(
    runtime: Runtime, ledger: Ledger
) -> None:
    held = node("held", mine("look"), address=ledger.address, name="held")
    first = node("first", mine("look"), address=ledger.address, name="first")
    second = node("second", mine("look"), address=ledger.address, name="second")
    ledger.hold("held", "first")
    run = runtime.start(flow(held, first, second, edges=("first > second",)))
    until(lambda: ledger.counts()["held"] and ledger.counts()["first"], "both are under way")

    runtime.pause(run)
    ledger.release("first")
    until(lambda: runtime.events(run, "node.completed"), "what ran is recorded")
    assert ledger.counts()["second"] == 0
    runtime.resume(run)

    until(lambda: ledger.counts()["second"], "it goes on although a body still runs")
    ledger.release()
    assert runtime.ended(run)["status"] == "completed"
    assert runtime.events(run, "run.paused") == []
    assert runtime.run(run)["leg"] == 1
