"""kill -9 and SIGSTOP of workers: what was recorded stays, what was in flight runs once more."""

import os
import signal

import pytest

from persistentai_lab.engine.commands.decided import AnswerIncomplete
from persistentai_lab.errors import Conflict
from tests.ledger import Ledger
from tests.runtime import Runtime, flow, mine, node, until


def kill(runtime: Runtime, number: int = 0) -> None:
    runtime.workers[number].kill()
    runtime.workers[number].wait()


def test_recorded_steps_are_not_run_again(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    a = node("a", mine("look"), address=ledger.address, name="a")
    b = node("b", mine("look"), address=ledger.address, name="b")
    c = node("c", mine("look"), address=ledger.address, name="c")
    ledger.hold("b")
    run = runtime.start(flow(a, b, c, edges=("a > b", "b > c"), outputs={"last": "c"}))
    until(lambda: ledger.counts()["b"], "the second body began")
    until(lambda: len(runtime.events(run, "node.started")) == 2, "and is seen to have begun")

    kill(runtime)
    ledger.release()
    runtime.worker()

    assert runtime.ended(run)["outputs"] == {"last": {"json": "c"}}
    assert ledger.counts() == {"a": 1, "b": 2, "c": 1}
    (recovered,) = runtime.events(run, "run.recovered")
    assert (recovered["body"]["recorded"], recovered["body"]["repeated"]) == (1, 1)
    (retried,) = runtime.events(run, "node.retried")
    assert (retried["node"], retried["attempt"]) == ("b", 2)
    assert retried["body"]["cause"] == "worker_lost"


def test_a_memory_write_in_flight_is_as_if_never_begun(runtime: Runtime) -> None:
    runtime.worker()
    first = node("first", mine("note"), key="list", item="first")
    slow = node("slow", mine("note"), key="list", item="slow", wait_s=3)
    run = runtime.start(flow(first, slow, edges=("first > slow",)))
    until(lambda: runtime.record("list") == ["first"], "the first write is there")
    until(lambda: len(runtime.events(run, "node.started")) == 2, "the second body began")

    kill(runtime)
    runtime.worker()

    runtime.ended(run)
    assert runtime.record("list") == ["first", "slow"]
    assert runtime.rows("SELECT revision FROM pai.record")[0]["revision"] == 2


def test_a_keyed_write_is_called_again_with_the_same_key(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    pay = node("pay", mine("pay_keyed"), address=ledger.address, name="pay")
    ledger.hold("pay")
    run = runtime.start(flow(pay))
    until(lambda: ledger.calls, "the payment was made")

    kill(runtime)
    ledger.release()
    runtime.worker()

    assert runtime.ended(run)["status"] == "completed"
    (call, count), *others = ledger.counts().items()
    assert (count, others) == (2, []), "both calls carried the same key"
    assert call == f"pay|{run}/pay/1"


def interrupted_payment(runtime: Runtime, ledger: Ledger) -> tuple[str, str]:
    """A run whose unkeyed write was cut off; returns it and the id of its question."""
    runtime.worker()
    pay = node("pay", mine("pay"), address=ledger.address, name="pay")
    other = node("other", mine("look"), address=ledger.address, name="other", wait_s=0.1)
    after = node("after", mine("look"), address=ledger.address, name="after")
    ledger.hold("pay")
    run = runtime.start(flow(pay, other, after, edges=("pay > after",), outputs={"paid": "pay"}))
    until(lambda: ledger.counts()["pay"], "the payment was made")
    kill(runtime)
    ledger.release()
    runtime.worker()
    runtime.reached(run, "waiting")
    (question,) = runtime.rows("SELECT * FROM pai.question WHERE run = %s", run)
    return run, question["id"]


def test_an_unkeyed_write_is_never_repeated_without_a_person(
    runtime: Runtime, ledger: Ledger
) -> None:
    run, _ = interrupted_payment(runtime, ledger)

    assert ledger.counts()["pay"] == 1
    assert len(runtime.events(run, "human.requested")) == 1
    kill(runtime, 1)
    runtime.worker()
    assert runtime.run(run)["status"] == "waiting"
    assert len(runtime.events(run, "human.requested")) == 1


def test_again_runs_it_once_more(runtime: Runtime, ledger: Ledger) -> None:
    run, question = interrupted_payment(runtime, ledger)

    runtime.answer(run, question, "again")

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts()["pay"] == 2
    assert ledger.counts()["after"] == 1


def test_done_goes_on_with_what_the_person_says_it_returned(
    runtime: Runtime, ledger: Ledger
) -> None:
    run, question = interrupted_payment(runtime, ledger)
    for nothing_to_go_on_with in (None, {"result": 1}, {"result": "paid", "other": 1}):
        with pytest.raises(AnswerIncomplete):
            runtime.answer(run, question, "done", nothing_to_go_on_with)  # type: ignore[arg-type]

    runtime.answer(run, question, "done", {"result": "paid by hand"})

    assert runtime.ended(run)["outputs"] == {"paid": {"json": "paid by hand"}}
    assert (ledger.counts()["pay"], ledger.counts()["after"]) == (1, 1)


def test_fail_lets_the_run_fail(runtime: Runtime, ledger: Ledger) -> None:
    run, question = interrupted_payment(runtime, ledger)

    runtime.answer(run, question, "fail")

    assert runtime.ended(run)["status"] == "failed"
    assert ledger.counts()["pay"] == 1


def test_of_two_answers_one_wins_and_the_other_is_told(runtime: Runtime, ledger: Ledger) -> None:
    run, question = interrupted_payment(runtime, ledger)
    runtime.answer(run, question, "fail")

    with pytest.raises(Conflict, match="answered"):
        runtime.answer(run, question, "again")


def test_of_three_workers_two_may_die_and_nothing_is_lost(runtime: Runtime, ledger: Ledger) -> None:
    workers = [runtime.worker() for _ in range(3)]
    first, second, third = (
        node(n, mine("look"), address=ledger.address, name=n, wait_s=w)
        for n, w in (("first", 0), ("second", 0.5), ("third", 0))
    )
    spec = flow(
        first, second, third, edges=("first > second", "second > third"), outputs={"last": "third"}
    )
    runs = [runtime.start(spec) for _ in range(30)]
    until(lambda: ledger.counts()["second"] >= 10, "runs are under way")

    workers[0].kill()
    until(lambda: ledger.counts()["third"] >= 5, "some have gone on")
    workers[1].kill()

    assert [runtime.ended(run, within_s=60)["status"] for run in runs] == ["completed"] * 30
    recorded = runtime.rows(
        "SELECT count(*) AS n FROM pai.step WHERE status = 'completed' GROUP BY run"
    )
    assert [row["n"] for row in recorded] == [3] * 30
    repeated = sum(
        e["body"]["repeated"] for run in runs for e in runtime.events(run, "run.recovered")
    )
    retried = sum(len(runtime.events(run, "node.retried")) for run in runs)
    assert repeated == retried, "whatever ran twice says so"
    # A body whose start was still riding when its worker died runs again without a word.
    assert len(ledger.calls) <= 90 + 2 * len(runs)


def test_a_second_worker_takes_a_dead_ones_runs_over(runtime: Runtime, ledger: Ledger) -> None:
    workers = {"worker-1": runtime.worker(), "worker-2": runtime.worker()}
    a = node("a", mine("look"), address=ledger.address, name="a")
    ledger.hold("a")
    run = runtime.start(flow(a))
    until(lambda: ledger.counts()["a"], "the body began")
    (started,) = until(lambda: runtime.events(run, "run.started"), "the run is seen to have begun")
    first = started["body"]["worker"]

    lost = workers.pop(first)
    lost.kill()
    lost.wait()
    ledger.release()

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"a": 2}
    assert runtime.events(run, "run.recovered")[0]["body"]["worker"] in workers


def test_a_worker_that_was_stopped_past_its_lease_writes_nothing_more(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.worker()
    a = node("a", "time.wait", seconds=4.0, value=1)
    b = node("b", mine("note"), key="list", item="b")
    run = runtime.start(flow(a, b, edges=("a > b",)))
    until(lambda: runtime.events(run, "node.started"), "the body began")

    os.kill(first.pid, signal.SIGSTOP)
    runtime.worker()
    until(lambda: runtime.events(run, "run.recovered"), "the other worker took over")
    os.kill(first.pid, signal.SIGCONT)

    assert runtime.ended(run)["status"] == "completed"
    # Its commit is refused, or its next look at the legs it holds comes first.
    noticed = (f"run {run}: leg 1 went to somebody else", f"run {run}: leg 1 stopped")
    until(lambda: any(words in runtime.log() for words in noticed), "the first one notices")
    assert runtime.record("list") == ["b"]
    events = runtime.events(run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len([e for e in events if e["body"]["type"] == "node.completed"]) == 2
    assert {s["worker"] for s in runtime.steps(run) if s["status"] == "completed"} == {"worker-2"}
    again = runtime.start(flow(node("x", "numbers.add", left=1, right=1)))
    assert runtime.ended(again)["status"] == "completed"


def test_a_worker_told_to_stop_hands_its_runs_on(runtime: Runtime, ledger: Ledger) -> None:
    first = runtime.worker()
    a = node("a", mine("look"), address=ledger.address, name="a", wait_s=1)
    run = runtime.start(flow(a))
    until(lambda: ledger.counts()["a"], "the body began")
    runtime.worker()

    first.terminate()

    assert first.wait(60) == 0, runtime.log()
    assert runtime.ended(run)["status"] == "completed"
