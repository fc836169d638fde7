"""Values that people change while a run is paused: what is to come uses them, history stays."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from persistentai_lab.engine.commands.changing import ValueUsed
from persistentai_lab.errors import FlowInvalid, NodeNotFound, NotPaused, RunEnded
from persistentai_lab.flow.model import FlowSpec, Policy, Retry
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("changing"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def sums() -> FlowSpec:
    return flow(
        node("one", "numbers.add", left=1, right=1),
        node("two", "numbers.add", right=10),
        node("three", "numbers.add", right=100),
        edges=("one > two.left", "two > three.left"),
        outputs={"sum": "three"},
    )


def halted(runtime: Runtime, before: str = "two") -> RunId:
    run = runtime.start(sums(), breakpoints={before: None})
    runtime.reached(run, "paused")
    return run


def test_what_a_step_gave_is_changed_for_all_that_is_to_come(runtime: Runtime) -> None:
    run = halted(runtime)

    runtime.change(run, "one", result=5)
    runtime.change(run, "one", result=5)
    runtime.resume(run)

    assert runtime.ended(run)["outputs"] == {"sum": {"json": 115.0}}
    (one,) = [step for step in runtime.steps(run) if step["node"] == "one"]
    assert one["outputs"] == {"result": {"json": 2.0}}, "its row is history"
    (changed,) = runtime.events(run, "debug.value_changed")
    assert (changed["node"], changed["body"]["by"]) == ("one", ME.user)
    assert changed["body"]["value"]["preview"] == 5
    (row,) = runtime.rows("SELECT * FROM pai.override WHERE run = %s", run)
    assert (row["side"], row["port"], row["value"]) == ("output", "result", {"json": 5})


def test_a_literal_of_a_node_to_come_is_changed_and_the_last_change_counts(
    runtime: Runtime,
) -> None:
    run = halted(runtime)

    runtime.change(run, "three", right=7)
    runtime.change(run, "three", right=1000)
    runtime.resume(run)

    assert runtime.ended(run)["outputs"] == {"sum": {"json": 1012.0}}


def test_a_run_that_has_not_begun_can_be_changed_too(runtime: Runtime) -> None:
    run = runtime.start(sums(), paused=True)

    runtime.change(run, "one", left=50)
    runtime.resume(run)

    assert runtime.ended(run)["outputs"] == {"sum": {"json": 161.0}}


def test_what_has_been_used_cannot_be_changed(runtime: Runtime) -> None:
    run = halted(runtime, before="three")

    with pytest.raises(ValueUsed, match=r"two.*Fork"):
        runtime.change(run, "one", result=5)

    runtime.change(run, "two", result=5)
    runtime.resume(run)
    assert runtime.ended(run)["outputs"] == {"sum": {"json": 105.0}}


def test_a_call_that_was_cut_off_does_not_go_out_again_with_other_values(
    runtime: Runtime, ledger: Ledger
) -> None:
    policy = Policy(retry=Retry(attempts=3, backoff_s=0.01))
    pay = node("pay", mine("pay_and_hang"), policy, address=ledger.address, name="pay")
    run = runtime.start(flow(pay))
    runtime.reached(run, "waiting")
    runtime.pause(run)

    with pytest.raises(ValueUsed):
        runtime.change(run, "pay", name="other")
    runtime.cancel(run)


def test_all_that_does_not_fit_is_said_at_once(runtime: Runtime) -> None:
    run = halted(runtime)
    ref = {"ref": "0" * 64, "media_type": "image/png", "size": 1}

    with pytest.raises(FlowInvalid) as caught:
        runtime.change(run, "two", left=1, right="x", wrong=2)
    with pytest.raises(FlowInvalid) as by_reference:
        runtime.change(run, "one", {"result": ref})
    with pytest.raises(NodeNotFound):
        runtime.change(run, "nowhere", left=1)

    assert {(p.port, p.code) for p in caught.value.problems} == {
        ("left", "port_fed"), ("right", "type_mismatch"), ("wrong", "unknown_port"),
    }  # fmt: skip
    assert [p.code for p in by_reference.value.problems] == ["type_mismatch"]
    assert runtime.events(run, "debug.value_changed") == []
    runtime.resume(run)
    runtime.ended(run)


def test_only_a_paused_run_is_changed(runtime: Runtime, ledger: Ledger) -> None:
    ledger.hold("a")
    run = runtime.start(flow(node("a", mine("look"), address=ledger.address, name="a")))
    until(lambda: ledger.counts()["a"], "it runs")

    with pytest.raises(NotPaused):
        runtime.change(run, "a", name="b")
    ledger.release()
    runtime.ended(run)
    with pytest.raises(RunEnded):
        runtime.change(run, "a", name="b")


def test_a_fork_goes_on_with_the_changed_values(runtime: Runtime) -> None:
    run = halted(runtime)
    runtime.change(run, "one", result=5)
    runtime.change(run, "three", right=1000)
    runtime.resume(run)
    runtime.ended(run)

    fork = asyncio.run(runtime.commands.fork(run, ME, at="two")).run
    again = asyncio.run(runtime.commands.fork(fork, ME, at="two", values={"two": {"right": 0}})).run

    assert runtime.ended(fork)["outputs"] == {"sum": {"json": 1015.0}}
    assert runtime.ended(again)["outputs"] == {"sum": {"json": 1005.0}}
    (reused,) = runtime.events(fork, "node.reused")
    assert reused["body"]["outputs"]["result"]["preview"] == 5


def test_a_replay_of_a_run_whose_values_were_changed_is_identical(runtime: Runtime) -> None:
    run = halted(runtime)
    runtime.change(run, "one", result=5)
    runtime.change(run, "three", right=1000)
    runtime.resume(run)
    runtime.ended(run)

    replay = asyncio.run(runtime.commands.replay(run, ME)).run

    verdict = runtime.ended(replay)["outputs"]["result"]["json"]
    assert (verdict["verdict"], len(runtime.events(replay, "node.started"))) == ("identical", 3), (
        verdict
    )
