"""Retry, timeout and budget of nodes that run flows, on a real worker."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import human, lists, values
from persistentai_lab.errors import QuestionMoot
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.ledger_blocks import fail, look, pay, spend
from tests.runtime import Runtime, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("control-policies"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def begin(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> RunId:
    assert drawn.check() == []
    return runtime.start(drawn.spec, **inputs)


def time_passes(runtime: Runtime, run: RunId) -> None:
    """Whatever is due at some time is due now."""
    until(
        lambda: runtime.rows(
            "UPDATE pai.question SET due = now() WHERE run = %s AND due > now() RETURNING 1", run
        ),
        "something is due",
    )


def of(runtime: Runtime, run: RunId, node: str) -> list[str]:
    """The statuses of a node's attempts."""
    return [row["status"] for row in runtime.steps(run) if row["node"] == node]


def test_what_takes_too_long_is_stopped_and_fails_the_node(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> Any:
        def item(name: str) -> Any:
            return pai.when(
                values.compare(name, "==", "ask"),
                lambda name: human.ask(name),
                lambda name: look(address, name, wait_s=600),
                name,
            )

        return pai.each.with_(timeout_s=3600)(names, item)

    run = begin(runtime, main, names=["ask", "slow"], address=ledger.address)
    question = runtime.asked(run, "each/0/when/then/ask")
    until(lambda: ledger.counts()["slow"], "a body is at work")
    time_passes(runtime, run)

    row = runtime.ended(run)
    assert (row["status"], row["error"]["code"]) == ("failed", "node_timed_out")
    assert of(runtime, run, "each/1/when/otherwise/look") == ["skipped"]
    assert {it["body"]["why"] for it in runtime.events(run, "node.skipped")} >= {"timed_out"}
    (timed_out,) = runtime.events(run, "node.timed_out")
    assert (timed_out["node"], timed_out["body"]["timeout_s"]) == ("each", 3600)
    with pytest.raises(QuestionMoot, match="the time of “each” was over"):
        runtime.answer(run, question["id"], "late")


def test_time_is_over_for_a_run_that_lies_still_too(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        return pai.attempt(
            lambda: pai.when.with_(timeout_s=3600)(True, lambda: human.ask("Well?"), None),
            otherwise=lambda error: lists.of(error),
        )

    run = begin(runtime, main)
    runtime.asked(run)
    runtime.reached(run, "waiting")
    time_passes(runtime, run)

    row = runtime.ended(run)
    assert row["status"] == "completed", (row["error"], runtime.steps(run), runtime.log()[-3000:])
    (error,) = row["outputs"]["result"]["json"]
    assert (error["code"], error["node"]) == ("node_timed_out", "attempt/body/when")
    assert of(runtime, run, "attempt/body/when/then/ask") == ["skipped"]
    (skipped,) = [it for it in runtime.events(run, "node.skipped") if it["body"]["why"]]
    assert skipped["node"] == "attempt/body/when/then/ask"


def test_a_node_that_ends_in_time_leaves_no_timer(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> Any:
        return pai.each.with_(timeout_s=3600)(["a"], lambda name: look(address, name))

    run = begin(runtime, main, address=ledger.address)

    assert runtime.ended(run)["outputs"]["result"]["json"] == ["a"]
    assert runtime.rows("SELECT FROM pai.question WHERE run = %s AND answer IS NULL", run) == []


def test_a_write_in_the_middle_is_not_cut_off_by_the_time(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> Any:
        return pai.each.with_(timeout_s=3600)(
            ["a"], lambda name: look(address, "after", pay(address, name))
        )

    ledger.hold("a")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["a"], "it is in its body")
    time_passes(runtime, run)
    until(lambda: _answered(runtime, run), "its time is over")
    ledger.release()

    assert runtime.ended(run)["error"]["code"] == "node_timed_out"
    assert of(runtime, run, "each/0/pay") == ["completed"]
    assert ledger.counts()["after"] == 0


def _answered(runtime: Runtime, run: RunId) -> list[Any]:
    return runtime.rows("SELECT FROM pai.question WHERE run = %s AND answer IS NOT NULL", run)


def test_each_attempt_opens_flows_of_its_own(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> Any:
        def item(name: str) -> Any:
            done = look(address, name)
            return lists.of(done, fail("no", address, "fails"))

        retry = {"attempts": 3, "backoff_s": 0.01}
        return pai.each.with_(retry=retry)(["a"], item)

    run = begin(runtime, main, address=ledger.address)
    row = runtime.ended(run)

    assert row["status"] == "failed"
    assert row["error"]["message"] == "@3/0/fail: ValueError: no"
    assert ledger.counts() == {"a": 3, "fails": 3}
    assert of(runtime, run, "each") == ["failed"] * 3
    paths = [row["path"] for row in runtime.steps(run) if row["block"].endswith(":look")]
    each = next(row["path"] for row in runtime.steps(run) if row["node"] == "each")
    at = "s0/p1/look"
    assert sorted(paths) == sorted(f"{each}/{mark}0/{at}" for mark in ("", "@2/", "@3/"))
    assert [it["body"]["cause"] for it in runtime.events(run, "node.retried")] == ["failed"] * 2


def test_a_person_who_says_no_is_not_asked_again(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> Any:
        return pai.each.with_(retry=3)(["a"], lambda name: pay.with_(approval=True)(address, name))

    run = begin(runtime, main, address=ledger.address)
    runtime.answer(run, runtime.asked(run)["id"], "reject", reason="too dear")

    assert runtime.ended(run)["error"]["code"] == "rejected"
    assert of(runtime, run, "each") == ["failed"]


def test_a_budget_bounds_the_sum_of_all_inside(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> Any:
        return pai.each.with_(budget={"tokens": 100})(
            names, lambda name: spend(address, name, tokens=60), at_once=1
        )

    run = begin(runtime, main, names=["a", "b", "c"], address=ledger.address)
    question = runtime.asked(run)
    assert "The budget of each is used up: 120 of 100 tokens" in question["text"]
    assert ledger.counts() == {"a": 1, "b": 1}
    runtime.answer(run, question["id"], 100)

    assert runtime.ended(run)["outputs"]["result"]["json"] == ["a", "b", "c"]
