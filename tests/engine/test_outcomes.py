"""What becomes of a run, with a real worker: each outcome has a stable code, and is readable.

All tests share one worker, which none of the bodies here may take along.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from persistentai_lab.engine.commands.starting import KeyReused
from persistentai_lab.errors import Conflict, FlowInvalid, LabError
from persistentai_lab.flow.model import Edge, FlowInput, Policy, PortRef, Retry
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("outcomes"), make_database()) as runtime:
        worker = runtime.worker()
        yield runtime
        assert worker.poll() is None, "no body ended the worker"


def test_a_run_completes_and_its_events_have_no_gap(runtime: Runtime) -> None:
    run = runtime.start(
        flow(
            node("one", "numbers.add", left=1, right=1),
            node("two", "numbers.add", right=10),
            edges=("one > two.left",),
            outputs={"sum": "two"},
        )
    )

    assert runtime.ended(run)["outputs"] == {"sum": {"json": 12.0}}
    events = runtime.events(run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["body"]["type"] for event in events] == [
        "run.created", "plan.compiled", "run.queued", "run.started",
        "node.started", "node.completed", "node.started", "node.completed", "run.completed",
    ]  # fmt: skip
    assert {event["owner"] for event in events} == {ME.user}


@pytest.mark.parametrize(
    ("block", "values", "code"),
    [
        ("fail", {"message": "no"}, "raised"),
        ("hang", {}, "timed_out"),
        ("wrong", {}, "wrong_type"),
        ("large", {"megabytes": 50}, "value_too_large"),
        ("die", {}, "body_died"),
        ("leave", {}, "raised"),
        ("interrupt", {}, "raised"),
        ("cancel_itself", {}, "raised"),
        ("own_error", {}, "busy"),
        ("odd_error", {}, "raised"),
    ],
)
def test_a_bad_body_fails_its_node_and_leaves_the_run_readable(
    runtime: Runtime, block: str, values: dict[str, object], code: str
) -> None:
    bad = node("bad", mine(block), **values)  # type: ignore[arg-type]
    after = node("after", "values.constant", value=1)

    run = runtime.start(flow(bad, after, node("then", mine("large"), megabytes=0)))

    row = runtime.ended(run)
    assert row["status"] == "failed"
    assert row["error"]["code"] == code
    assert row["error"]["remedy"]
    (failed,) = runtime.events(run, "node.failed")
    assert failed["node"] == "bad"
    assert failed["body"]["error"]["code"] == code


def runs(runtime: Runtime) -> int:
    return len(runtime.rows("SELECT 1 FROM pai.run"))


def test_a_body_that_prints_and_starts_programs_disturbs_nobody(runtime: Runtime) -> None:
    run = runtime.start(flow(node("chat", mine("chatter")), outputs={"said": "chat"}))

    assert runtime.ended(run)["outputs"] == {"said": {"json": "said"}}
    logged = [event["body"]["message"] for event in runtime.events(run, "node.logged")]
    assert sorted(logged) == ["404", "odd ?", "printedfrom a program"]


def test_what_depends_on_a_failed_node_is_skipped_and_says_why(runtime: Runtime) -> None:
    run = runtime.start(
        flow(
            node("bad", mine("fail"), message="no"),
            node("next", "log.message"),
            edges=("bad > next.value",),
        )
    )

    runtime.ended(run)
    (skipped,) = runtime.events(run, "node.skipped")
    assert (skipped["node"], skipped["body"]["cause"]) == ("next", "bad")


def test_a_traceback_shows_the_bodys_own_lines_only(runtime: Runtime) -> None:
    run = runtime.start(flow(node("bad", mine("fail"), message="the reason")))

    runtime.ended(run)
    traceback = runtime.events(run, "node.failed")[0]["body"]["error"]["traceback"]
    assert "raise ValueError(message)" in traceback
    assert "persistentai_lab/engine" not in traceback


def test_a_body_that_fails_is_tried_again_as_its_policy_says(
    runtime: Runtime, ledger: Ledger
) -> None:
    policy = Policy(retry=Retry(attempts=3, backoff_s=0.01))

    run = runtime.start(
        flow(
            node("try", mine("fail_until"), policy, address=ledger.address, name="try", attempt=3),
            outputs={"attempts": "try"},
        )
    )

    assert runtime.ended(run)["outputs"] == {"attempts": {"json": 3}}
    assert ledger.counts() == {"try": 3}
    assert [e["attempt"] for e in runtime.events(run, "node.retried")] == [2, 3]
    assert [(s["attempt"], s["status"]) for s in runtime.steps(run)] == [
        (1, "failed"), (2, "failed"), (3, "completed"),
    ]  # fmt: skip


@pytest.mark.parametrize("block", ["pay_and_hang", "pay_and_die"])
def test_a_write_in_doubt_is_not_tried_again_without_a_person(
    runtime: Runtime, ledger: Ledger, block: str
) -> None:
    policy = Policy(retry=Retry(attempts=3, backoff_s=0.01))
    pay = node("pay", mine(block), policy, address=ledger.address, name="pay")

    run = runtime.start(flow(pay))

    runtime.reached(run, "waiting")
    assert ledger.counts() == {"pay": 1}
    (question,) = runtime.rows("SELECT id FROM pai.question WHERE run = %s", run)
    runtime.answer(run, question["id"], "done", {"result": "paid"})
    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"pay": 1}


def test_any_text_comes_back_as_it_was(runtime: Runtime) -> None:
    run = runtime.start(flow(node("odd", mine("odd_text")), outputs={"text": "odd"}))

    runtime.ended(run)
    text = runtime.rows("SELECT outputs::text FROM pai.run WHERE id = %s", run)[0]["outputs"]
    assert "\\u0000" in text


def test_cancelling_stops_a_body_in_the_middle(runtime: Runtime, ledger: Ledger) -> None:
    run = runtime.start(
        flow(
            node("long", mine("look"), address=ledger.address, name="long", wait_s=600),
            node("next", mine("look"), address=ledger.address, name="next"),
            edges=("long > next",),
        )
    )
    until(lambda: ledger.counts()["long"], "the body began")
    until(lambda: runtime.events(run, "node.started"), "that it began is recorded")

    runtime.cancel(run)

    assert runtime.run(run)["status"] == "cancelled"
    assert runtime.events(run)[-1]["body"] == {
        "type": "run.cancelled",
        "by": ME.user,
        "reason": "",
    }
    assert [row["status"] for row in runtime.steps(run)] == ["cancelled"]
    with pytest.raises(Conflict):
        runtime.cancel(run)
    other = runtime.start(flow(node("one", "numbers.add", left=1, right=1)))
    assert runtime.ended(other)["status"] == "completed"
    assert ledger.counts() == {"long": 1}


def test_a_write_that_is_cut_off_by_a_cancelling_may_have_happened(
    runtime: Runtime, ledger: Ledger
) -> None:
    ledger.hold("pay")
    run = runtime.start(flow(node("pay", mine("pay"), address=ledger.address, name="pay")))
    until(lambda: ledger.counts()["pay"], "the body began")

    runtime.cancel(run)

    (step,) = runtime.steps(run)
    assert (step["status"], step["error"]["code"]) == ("failed", "write_in_doubt")
    told = [(row["node"], row["body"]["type"]) for row in runtime.events(run)][-2:]
    assert told == [("pay", "node.failed"), (None, "run.cancelled")]


def test_a_cancelling_that_the_worker_was_not_told_of_stops_the_body_too(
    runtime: Runtime, ledger: Ledger
) -> None:
    long = node("long", mine("look"), address=ledger.address, name="long", wait_s=600)
    run = runtime.start(flow(long))
    until(lambda: ledger.counts()["long"], "the body began")
    until(lambda: runtime.events(run, "node.started"), "and nothing more is to be recorded")

    runtime.rows(
        "WITH leg AS (UPDATE dbos.workflow_status SET status = 'CANCELLED', owner_xid = NULL "
        "WHERE workflow_uuid = %s || '/leg/1') "
        "UPDATE pai.run SET status = 'cancelled' WHERE id = %s RETURNING 1",
        run,
        run,
    )

    until(lambda: f"run {run}: leg 1 stopped" in runtime.log(), "the worker stopped walking it")


def test_a_run_that_goes_on_at_this_very_moment_is_cancelled_all_the_same(
    runtime: Runtime,
) -> None:
    run = runtime.start(flow(node("wait", "time.wait", seconds=60, value=1)))
    runtime.reached(run, "running")
    url = runtime.database_url
    with psycopg.connect(url) as other, ThreadPoolExecutor() as threads:
        other.execute("UPDATE pai.run SET leg = 2, status = 'queued' WHERE id = %s", (run,))
        cancelling = threads.submit(runtime.cancel, run)
        until(lambda: locks(runtime), "it waits for the run's row")
        other.commit()
        cancelling.result(timeout=60)

    assert runtime.run(run)["status"] == "cancelled"
    assert runtime.events(run)[-1]["body"]["type"] == "run.cancelled"


def locks(runtime: Runtime) -> int:
    """How many wait for a lock in the database of these tests."""
    return len(
        runtime.rows(
            "SELECT 1 FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


def test_the_same_key_is_the_same_run(runtime: Runtime) -> None:
    spec = flow(node("one", "numbers.add", left=1, right=1))

    assert runtime.start(spec, key="k") == runtime.start(spec, key="k")
    assert runtime.start(spec, key="k") != runtime.start(spec, key="other")


def test_a_key_that_comes_again_with_something_else_is_refused(runtime: Runtime) -> None:
    spec = flow(node("one", "numbers.add", left=1, right=1))
    runtime.start(spec, key="taken")

    with pytest.raises(KeyReused) as caught:
        runtime.start(flow(node("one", "numbers.add", left=1, right=2)), key="taken")

    assert (caught.value.code, caught.value.http_status) == ("idempotency_key_reused", 409)


def test_a_flow_with_problems_is_refused_before_anything_is_written(runtime: Runtime) -> None:
    before = runs(runtime)

    with pytest.raises(FlowInvalid) as caught:
        runtime.start(flow(node("a", "no.such"), node("b", "numbers.add", left="x")))

    assert {"unknown_block", "missing_input"} <= {p.code for p in caught.value.problems}
    assert all(problem.remedy for problem in caught.value.problems)
    assert runs(runtime) == before


def test_numbers_that_json_does_not_know_pass_between_steps(runtime: Runtime) -> None:
    run = runtime.start(
        flow(
            node("odd", mine("odd_numbers")),
            node("count", mine("how_many_finite")),
            edges=("odd > count.numbers",),
            outputs={"finite": "count", "odd": "odd"},
        )
    )

    outputs = runtime.ended(run)["outputs"]
    assert outputs["finite"] == {"json": 1}
    assert outputs["odd"]["ref"], "kept by reference: it has no place in JSON"


def test_what_cannot_be_kept_is_refused(runtime: Runtime) -> None:
    spec = flow(node("a", "numbers.add", left=1)).model_copy(
        update={
            "inputs": {"x": FlowInput(type={"type": "number"})},
            "edges": (
                Edge(
                    source=PortRef(node="$input", port="x"), target=PortRef(node="a", port="right")
                ),
            ),
        }
    )

    before = runs(runtime)

    with pytest.raises(LabError) as caught:
        runtime.start(spec, x=float("nan"))

    assert caught.value.http_status == 422
    assert runs(runtime) == before


@pytest.mark.parametrize("odd", ["half a character \ud800", "a NUL \0"])
def test_a_name_that_cannot_be_kept_is_refused(runtime: Runtime, odd: str) -> None:
    spec = flow(node("a", "values.constant", value=1)).model_copy(update={"name": odd})

    with pytest.raises(LabError) as caught:
        runtime.start(spec)

    assert (caught.value.code, caught.value.http_status) == ("unstorable", 422)


def test_what_a_body_says_is_heard_while_it_runs_and_within_bounds(
    runtime: Runtime, ledger: Ledger
) -> None:
    ledger.hold("said")
    run = runtime.start(flow(node("talk", mine("talk"), lines=1500, address=ledger.address)))

    until(lambda: ledger.counts()["said"], "it has said it all")
    until(lambda: runtime.events(run, "node.progressed"), "and is heard")
    assert runtime.run(run)["status"] == "running"
    ledger.release()

    runtime.ended(run)
    logged = [event["body"]["message"] for event in runtime.events(run, "node.logged")]
    assert logged[:2] == ["line 0", "line 1"]
    assert len(logged) == 1001
    assert "more than 1000" in logged[-1]
    progressed = runtime.events(run, "node.progressed")
    assert progressed[-1]["body"] == {"type": "node.progressed", "done": 100.0, "total": 100.0}
    assert len(progressed) < 50
