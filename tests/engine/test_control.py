"""Control nodes on a real worker: flows run for items, by conditions, again and again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import lists, numbers, text, values
from persistentai_lab.engine.control import _RUNNERS
from persistentai_lab.events.reduce import _RUN_OTHERS
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.ledger_blocks import fail, later, look
from tests.runtime import Runtime, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("control"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def result(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> Any:
    """Run a flow to its end; its result."""
    assert drawn.check() == []
    row = runtime.ended(runtime.start(drawn.spec, **inputs))
    assert row["status"] == "completed", row["error"]
    outputs = {name: value["json"] for name, value in row["outputs"].items()}
    return outputs.get("result", outputs)


def error(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> dict[str, Any]:
    """Run a flow that fails; its error."""
    assert drawn.check() == []
    row = runtime.ended(runtime.start(drawn.spec, **inputs))
    assert row["status"] == "failed"
    found: dict[str, Any] = row["error"]
    return found


@pai.flow
def plus(n: float, more: float = 1.0) -> float:
    return numbers.add(n, more)


@pai.flow
def picky(n: float) -> Any:
    """Fails for what is larger than 2."""
    return pai.when(values.compare(n, ">", 2), lambda n: fail("too large"), plus, n)


def test_each_item_gets_its_flow_and_results_keep_the_order(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float], more: float) -> list[float]:
        return pai.each(ns, plus, more=more)

    assert result(runtime, main, ns=[3, 1, 2], more=10) == [13, 11, 12]
    assert result(runtime, main, ns=[], more=10) == []


def test_the_first_item_may_end_last(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> list[str]:
        names = values.constant(["first", "second", "third"])
        return pai.each(names, lambda name: look(address, name))  # type: ignore[arg-type]

    def ended() -> list[str]:
        rows = runtime.events(run, "node.completed")
        return [row["node"] for row in rows if "/" in row["node"]]

    ledger.hold("first")
    run = runtime.start(main.spec, address=ledger.address)
    until(lambda: len(ended()) == 2, "the others have ended")
    ledger.release()
    runtime.ended(run)
    assert ended()[-1] == "each/0/look"
    assert {row["path"] for row in runtime.steps(run)} >= {f"s1/each/{n}/look" for n in range(3)}


def test_no_more_items_are_under_way_than_allowed(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(ns: list[str], address: str) -> list[str]:
        return pai.each(ns, lambda n: look(address, n, wait_s=0.05), at_once=2)

    run = runtime.start(main.spec, ns=list("abcdefg"), address=ledger.address)
    assert runtime.ended(run)["outputs"]["result"]["json"] == list("abcdefg")
    under_way = most = 0
    for row in runtime.events(run):
        if row["node"] and "/" in row["node"]:
            under_way += {"node.started": 1, "node.completed": -1}.get(row["body"]["type"], 0)
            most = max(most, under_way)
    assert most == 2


def test_a_failed_item_fails_the_node_or_is_left_out_or_kept(runtime: Runtime) -> None:
    @pai.flow
    def fails(ns: list[float]) -> list[Any]:
        return pai.each(ns, picky)

    @pai.flow
    def skips(ns: list[float]) -> list[Any]:
        return pai.each(ns, picky, on_error="skip")

    @pai.flow
    def keeps(ns: list[float]) -> list[Any]:
        return pai.each(ns, picky, on_error="keep")

    told = error(runtime, fails, ns=[1, 3, 2])
    assert told["message"] == "1/when: then/fail: ValueError: too large"
    assert result(runtime, skips, ns=[1, 3, 2]) == [2, 3]
    first, second, third = result(runtime, keeps, ns=[1, 3, 2])
    assert (first, third) == (2, 3)
    assert (second["code"], second["node"]) == ("raised", "each/1/when")


def test_items_that_end_together_are_each_told(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> list[float]:
        return pai.each(ns, plus)

    run = runtime.start(main.spec, ns=[1, 2, 3])
    runtime.ended(run)
    told = [event["body"]["done"] for event in runtime.events(run, "node.progressed")]
    assert told == [1, 2, 3]


def test_when_runs_one_branch_and_says_that_the_other_did_not_run(runtime: Runtime) -> None:
    @pai.flow
    def main(n: float) -> str:
        large = values.compare(n, ">", 10)
        return pai.when(large, lambda: values.constant("large"), lambda: values.constant("small"))

    assert result(runtime, main, n=11) == "large"
    run = runtime.start(main.spec, n=10)
    assert runtime.ended(run)["outputs"]["result"]["json"] == "small"
    (decided,) = runtime.events(run, "node.decided")
    assert (decided["node"], decided["body"]["choice"]) == ("when", "otherwise")
    (skipped,) = runtime.events(run, "node.skipped")
    assert (skipped["node"], skipped["body"]["cause"]) == ("when/then", "when")


def test_branches_that_did_not_run_give_null_and_merge_takes_the_first_that_did(
    runtime: Runtime,
) -> None:
    @pai.flow
    def main(n: float) -> dict[str, Any]:  # type: ignore[return]
        large = pai.when(values.compare(n, ">", 10), plus, None, n)
        small = pai.when(values.compare(n, "<=", 10), plus, None, n, more=100)
        return {"large": large, "merged": pai.merge(large, small)}

    assert result(runtime, main, n=1) == {"large": None, "merged": 101}


def test_a_switch_knows_true_from_1(runtime: Runtime) -> None:
    @pai.flow
    def main(value: Any) -> str:
        cases = [
            (1, lambda: values.constant("one")),
            (True, lambda: values.constant("true")),
            ("a", lambda: values.constant("a")),
        ]
        return pai.switch(value, cases)  # type: ignore[arg-type]

    assert [result(runtime, main, value=it) for it in (1, True, "a")] == ["one", "true", "a"]
    assert error(runtime, main, value="b")["code"] == "no_case"


def test_a_fold_goes_in_order(runtime: Runtime) -> None:
    @pai.flow
    def main(words: list[str]) -> str:
        return pai.reduce(words, lambda so_far, word: text.join(lists.of(so_far, word), "-"), "")

    assert result(runtime, main, words=["a", "b", "c"]) == "-a-b-c"
    assert result(runtime, main, words=[]) == ""


def test_repeat_ends_when_its_test_holds_or_after_the_most_rounds(runtime: Runtime) -> None:
    @pai.flow
    def until_5(n: float, on: str) -> float:
        return pai.repeat(plus, n, until=lambda s: values.compare(s, ">=", 5), at_most=4, more=1.0)

    @pai.flow
    def keeps(n: float) -> float:
        return pai.repeat(
            plus, n, until=lambda s: values.compare(s, ">=", 5), at_most=4, on_limit="keep"
        )

    @pai.flow
    def thrice(n: float) -> float:
        return pai.repeat(plus, n, at_most=3)

    assert result(runtime, until_5, n=3, on="") == 5
    assert error(runtime, until_5, n=0, on="")["code"] == "not_reached"
    assert result(runtime, keeps, n=0) == 4
    assert result(runtime, thrice, n=0) == 3


def test_an_error_that_is_handled_does_not_fail_the_run(runtime: Runtime) -> None:
    @pai.flow
    def handled(n: float) -> Any:
        return pai.attempt(picky, n, otherwise=lambda error: lists.of(error))

    @pai.flow
    def told(n: float) -> dict[str, Any]:
        tried = pai.attempt(picky, n)
        return {"value": tried.result, "error": tried.error}

    assert result(runtime, handled, n=1) == 2
    (failure,) = result(runtime, handled, n=3)
    assert (failure["code"], failure["node"]) == ("raised", "attempt/body/when")
    assert result(runtime, told, n=1) == {"value": 2, "error": None}
    assert result(runtime, told, n=3)["error"]["message"].endswith("too large")


def test_a_race_goes_on_with_whoever_is_first_and_records_it(runtime: Runtime) -> None:
    @pai.flow
    def main() -> str:
        return pai.merge(later("slow", 600.0), later("quick", 0.0), how="race")

    run = runtime.start(main.spec)
    assert runtime.ended(run)["outputs"]["result"]["json"] == "quick"
    (decided,) = runtime.events(run, "node.decided")
    assert decided["body"]["choice"] == "b"
    (skipped,) = runtime.events(run, "node.skipped")
    assert (skipped["node"], skipped["body"]["winner"]) == ("later", "later_2")


def test_control_nodes_nest(runtime: Runtime) -> None:
    @pai.flow
    def main(rows: list[list[float]]) -> list[list[float]]:
        def cell(n: float) -> float:
            return pai.repeat(
                lambda s: pai.when(values.compare(s, "<", 10), plus, lambda n: plus(n, 0), s),
                n,
                at_most=3,
            )

        return pai.each(rows, lambda row: pai.each(row, cell))

    assert result(runtime, main, rows=[[1, 9], [], [10]]) == [[4, 10], [], [10]]


def test_too_many_items_are_refused_with_what_to_do(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> list[float]:
        return pai.each(ns, plus)

    told = error(runtime, main, ns=[0] * 10_001)
    assert told["code"] == "fan_out_too_large"
    assert "rows=" in told["remedy"]


def test_numbers_that_edges_bring_are_looked_at(runtime: Runtime) -> None:
    @pai.flow
    def slots(n: int) -> list[float]:
        return pai.each([1.0], plus, at_once=n)

    @pai.flow
    def rounds(n: int) -> float:
        return pai.repeat(plus, 0.0, at_most=n)

    for wrong in (0, -1, 1_000_000):
        assert "not a whole number" in error(runtime, slots, n=wrong)["message"]
        assert "not a whole number" in error(runtime, rounds, n=wrong)["message"]
    assert result(runtime, rounds, n=2) == 2


def test_what_is_no_list_or_no_condition_is_told(runtime: Runtime) -> None:
    @pai.flow
    def no_list(value: Any) -> list[Any]:
        return pai.each(values.cast(value, {"type": "array", "items": {}}), lists.of)

    assert error(runtime, no_list, value="text")["code"]


def test_a_flow_is_started_as_a_run_of_its_own(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> list[str]:
        return pai.each(ns, lambda n: pai.start(plus, n, more=10.0))

    run = runtime.start(main.spec, ns=[1, 2])
    children = runtime.ended(run)["outputs"]["result"]["json"]

    ended = [runtime.ended(RunId(child)) for child in children]
    assert [row["outputs"]["result"]["json"] for row in ended] == [11, 12]
    spawned = runtime.events(run, "child.spawned")
    assert {row["body"]["child"] for row in spawned} == set(children)
    (created,) = runtime.events(RunId(children[0]), "run.created")
    assert created["body"]["parent"] == run


def test_large_values_pass_through_a_control_node(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[int]) -> dict[str, Any]:  # type: ignore[return]
        words = pai.each(ns, lambda n: later("x", 0.0, times=n))
        lengths = pai.each(words, lambda word: lists.length(text.find_all(word, "x")))
        return {"lengths": lengths}

    assert result(runtime, main, ns=[1, 300_000]) == {"lengths": [1, 300_000]}


def test_events_of_many_items_leave_a_small_view(runtime: Runtime) -> None:
    from persistentai_lab.events.reduce import reduce_all
    from persistentai_lab.events.view import INNER_KEPT, RunView
    from persistentai_lab.events.wire import read_envelope

    @pai.flow
    def main(ns: list[float]) -> list[float]:
        return pai.each(ns, plus)

    run = runtime.start(main.spec, ns=list(range(300)))
    runtime.ended(run)
    until(lambda: runtime.events(run, "run.completed"), "the run is told to have ended")
    rows = [
        {key: row[key] for key in ("workspace", "run", "seq", "at", "owner", "caller", "path",
                                   "node", "attempt")} | {"event": row["body"]}
        for row in runtime.events(run)
    ]  # fmt: skip
    view = reduce_all(RunView(), [read_envelope(row) for row in rows])

    assert view.nodes["each"].inside == {"completed": 300}  # type: ignore[index]
    assert len(view.inner) == INNER_KEPT
    assert set(view.nodes) == {"each"}
    assert view.totals.attempts == 300


def test_steps_inside_are_marked_and_not_counted_as_those_of_the_plan(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> Any:
        return lists.length(pai.each(ns, plus))

    run = runtime.start(main.spec, ns=[1, 2, 3])
    assert runtime.ended(run)["steps"] == 2
    inside = {row["node"]: row["inside"] for row in runtime.steps(run)}
    assert [node for node, is_inside in inside.items() if not is_inside] == ["each", "length"]
    assert len(inside) == 5


def test_whoever_reads_events_knows_every_kind_of_node_that_has_no_body() -> None:
    assert _RUNNERS.keys() == _RUN_OTHERS
