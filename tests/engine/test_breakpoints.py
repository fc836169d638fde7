"""Breakpoints with a real worker: a run halts before a node, once, if its condition holds."""

from collections.abc import Callable, Iterator

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import numbers
from persistentai_lab.engine.records.orders import Breakpoint, Orders
from persistentai_lab.errors import ConditionInvalid, NodeNotFound
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("breakpoints"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def sums(right: float = 1) -> FlowSpec:
    return flow(
        node("one", "numbers.add", left=1, right=right),
        node("two", "numbers.add", right=10),
        node("three", "numbers.add", right=100),
        edges=("one > two.left", "two > three.left"),
        outputs={"sum": "three"},
    )


def nodes(runtime: Runtime, run: RunId) -> list[str]:
    return [step["node"] for step in runtime.steps(run)]


def test_a_run_halts_before_a_node_and_goes_on_from_there(runtime: Runtime) -> None:
    run = runtime.start(sums(), breakpoints={"two": None})

    runtime.reached(run, "paused")
    assert nodes(runtime, run) == ["one"]
    (hit,) = runtime.events(run, "debug.breakpoint_hit")
    assert (hit["node"], hit["attempt"], hit["body"]["by"]) == ("two", 1, ME.user)
    runtime.resume(run)

    assert runtime.ended(run)["outputs"] == {"sum": {"json": 112.0}}
    assert len(runtime.events(run, "debug.breakpoint_hit")) == 1


@pytest.mark.parametrize(("right", "halts"), [(1, False), (5, True)])
def test_a_condition_is_told_of_what_flows_in(runtime: Runtime, right: float, halts: bool) -> None:
    run = runtime.start(sums(right), breakpoints={"two": "left > 3 and right == 10"})

    if halts:
        runtime.reached(run, "paused")
        runtime.resume(run)
    runtime.ended(run)

    assert len(runtime.events(run, "debug.breakpoint_hit")) == int(halts)


def test_a_condition_that_cannot_be_told_halts_and_says_why(runtime: Runtime) -> None:
    run = runtime.start(sums(), breakpoints={"two": 'left > "a"'})

    runtime.reached(run, "paused")
    (hit,) = runtime.events(run, "debug.breakpoint_hit")
    assert "not supported" in hit["body"]["trouble"]
    runtime.resume(run)
    assert runtime.ended(run)["status"] == "completed"


def test_a_breakpoint_that_is_taken_away_halts_nobody(runtime: Runtime) -> None:
    run = runtime.start(sums(), paused=True, breakpoints={"two": None, "three": None})

    runtime.clear_break(run, "two")
    runtime.clear_break(run, "two")
    runtime.resume(run)
    runtime.reached(run, "paused")

    assert nodes(runtime, run) == ["one", "two"]
    assert len(runtime.events(run, "debug.breakpoint_cleared")) == 1
    runtime.resume(run)
    runtime.ended(run)


def test_a_breakpoint_set_while_the_run_goes_is_heard(runtime: Runtime, ledger: Ledger) -> None:
    ledger.hold("a")
    a = node("a", mine("look"), address=ledger.address, name="a")
    b = node("b", mine("look"), address=ledger.address, name="b")
    run = runtime.start(flow(a, b, edges=("a > b",)))
    until(lambda: ledger.counts()["a"], "the first body began")

    runtime.break_at(run, "b")
    runtime.break_at(run, "b")
    ledger.release()
    runtime.reached(run, "paused")

    assert ledger.counts() == {"a": 1}
    assert len(runtime.events(run, "debug.breakpoint_set")) == 1
    runtime.resume(run)
    runtime.ended(run)


def test_a_step_goes_over_a_breakpoint(runtime: Runtime) -> None:
    run = runtime.start(sums(), paused=True, breakpoints={"one": None})

    runtime.step(run)
    until(lambda: runtime.steps(run), "the step was recorded")
    runtime.reached(run, "paused")

    assert runtime.events(run, "debug.breakpoint_hit") == []
    runtime.resume(run)
    runtime.ended(run)


def test_a_breakpoint_where_nothing_is_is_refused(runtime: Runtime) -> None:
    before = len(runtime.rows("SELECT 1 FROM pai.run"))

    with pytest.raises(NodeNotFound, match="It has one, two, three"):
        runtime.start(sums(), breakpoints={"nowhere": None})
    with pytest.raises(ConditionInvalid, match="no input 'rows'"):
        runtime.start(sums(), breakpoints={"two": "rows > 1"})

    assert len(runtime.rows("SELECT 1 FROM pai.run")) == before, "and nothing was started"


def test_a_node_inside_a_control_node_halts_the_run_each_time_it_comes(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> list[float]:
        return pai.each(ns, lambda n: numbers.add(n, 1), at_once=1)

    run = runtime.start(main.spec, ns=[1, 5, 2, 7], breakpoints={"each/*/add": "left > 4"})

    for _ in range(2):
        runtime.reached(run, "paused")
        runtime.resume(run)

    assert runtime.ended(run)["outputs"]["result"] == {"json": [2, 6, 3, 8]}
    hits = [event["node"] for event in runtime.events(run, "debug.breakpoint_hit")]
    assert hits == ["each/1/add", "each/3/add"]
    with pytest.raises(NodeNotFound, match="each/"):
        runtime.start(main.spec, ns=[], breakpoints={"each/*/nothing": None})


def test_a_breakpoint_of_all_items_holds_in_every_attempt_of_their_node() -> None:
    point = Breakpoint("me")
    orders = Orders(1, breakpoints={"each/*/add": point})

    for each in ("each/3/add", "each/@2/3/add"):
        assert orders.breakpoint(each) == ("each/*/add", point)
    assert orders.breakpoint("each/@2/3/other")[1] is None
