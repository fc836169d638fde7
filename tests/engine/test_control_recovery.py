"""kill -9 in the middle of control nodes: what is recorded inside is found by its path."""

import asyncio
from collections.abc import Callable
from typing import Any

import persistentai_lab as pai
from persistentai_lab.blocks import lists, numbers, values
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.ledger_blocks import fail, look, pay, pay_keyed
from tests.runtime import ME, Runtime, ledger_module, until


def kill(runtime: Runtime) -> None:
    worker = runtime.workers[-1]
    worker.kill()
    worker.wait()


def begun(runtime: Runtime) -> int:
    """How many bodies of the ledger's are seen to have begun."""
    (row,) = runtime.rows(
        "SELECT count(*) AS n FROM pai.event WHERE body->>'type' = 'node.started' "
        "AND body->>'block' LIKE 'tests.ledger_blocks:%%'"
    )
    return int(row["n"])


def cut(
    runtime: Runtime,
    ledger: Ledger,
    drawn: pai.Flow[..., Any],
    held: str,
    *,
    after: int = 0,
    meanwhile: Callable[[], object] = lambda: None,
    **inputs: Any,
) -> RunId:
    """Start a run, kill its worker in the middle of a body, and start another worker.

    The body is the one that calls `held` in, after so many that did. What is done `meanwhile` is
    done again and again until then.
    """
    assert drawn.check() == []
    ledger.hold(held, after=after)
    runtime.worker()
    run = runtime.start(drawn.spec, address=ledger.address, **inputs)

    def is_there() -> bool:
        meanwhile()
        return ledger.counts()[held] > after

    until(is_there, "the moment to kill the worker")
    until(lambda: begun(runtime) >= len(ledger.calls), "and what came before is recorded")
    kill(runtime)
    ledger.release()
    runtime.worker()
    return run


def test_items_that_are_recorded_are_not_run_again(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> list[str]:
        def item(name: str) -> str:
            first = look(address, name)
            return look(address, "then", first)

        return pai.each(names, item, at_once=2)

    names = [f"n{index}" for index in range(6)]
    run = cut(runtime, ledger, main, "n4", names=names)

    assert runtime.ended(run)["outputs"] == {"result": {"json": ["then"] * 6}}
    assert 12 <= sum(ledger.counts().values()) <= 12 + 2, "at most what was under way ran again"
    assert len(runtime.events(run, "run.recovered")) == 1
    completed = [row["node"] for row in runtime.events(run, "node.completed")]
    assert len(completed) == len(set(completed)) == 13


def test_a_loop_goes_on_in_its_round(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> list[str]:
        def round_(so_far: list[str]) -> list[str]:
            return lists.of(look(address, "round", so_far))  # type: ignore[return-value]

        return pai.repeat(round_, lists.of("start"), at_most=5)  # type: ignore[arg-type]

    run = cut(runtime, ledger, main, "round", after=2)

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts()["round"] == 6
    rounds = [row["node"] for row in runtime.events(run, "node.completed") if "look" in row["node"]]
    assert rounds == [f"repeat/{number}/look" for number in range(5)]


def test_a_branch_is_chosen_once(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(yes: bool, address: str) -> str:
        return pai.when(
            yes,
            lambda: look(address, "then"),
            lambda: look(address, "otherwise"),
        )

    run = cut(runtime, ledger, main, "then", yes=True)

    assert runtime.ended(run)["outputs"] == {"result": {"json": "then"}}
    assert ledger.counts() == {"then": 2}
    assert len(runtime.events(run, "node.skipped")) <= 1
    starts = [row["node"] for row in runtime.events(run, "node.started")]
    assert starts.count("when") == 1


def test_an_item_that_waits_for_a_person_keeps_none_of_the_others(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> Any:
        def item(name: str) -> str:
            paid = pai.when(values.compare(name, "==", "b"),
                            lambda: pay(address, "b"),
                            lambda: look(address, name))  # fmt: skip
            return look(address, "after", paid)

        return {"result": pai.each(names, item, at_once=1), "beside": look(address, "beside")}

    run = cut(runtime, ledger, main, "b", names=list("abc"))
    runtime.reached(run, "waiting")

    assert ledger.counts()["b"] == 1
    assert ledger.counts()["c"] == 1, "the item after it runs, though only one may at a time"
    assert ledger.counts()["after"] == 2
    (question,) = runtime.rows("SELECT * FROM pai.question WHERE run = %s", run)
    assert question["node"] == "each/1/when/then/pay"
    runtime.answer(run, question["id"], "done", {"result": "paid by hand"})

    outputs = runtime.ended(run)["outputs"]
    assert outputs["result"] == {"json": ["after"] * 3}
    assert ledger.counts()["b"] == 1
    assert ledger.counts()["after"] == 3


def test_a_handled_error_stays_handled(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> str:
        return pai.attempt(
            lambda: fail("no", address, "fails"),
            otherwise=lambda error: look(address, "handles", error),
        )

    run = cut(runtime, ledger, main, "handles")

    assert runtime.ended(run)["outputs"] == {"result": {"json": "handles"}}
    assert ledger.counts() == {"fails": 1, "handles": 2}


def test_a_question_in_a_flow_that_has_failed_otherwise_keeps_nobody(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        def risky() -> Any:
            paid = pay(address, "paid", wait_s=1.0)
            fails = fail("no", address, "fails")
            return lists.of(paid, fails)

        return pai.attempt(risky, otherwise=lambda error: look(address, "handled", error))

    runtime.worker()
    run = runtime.start(main.spec, address=ledger.address)

    assert runtime.ended(run)["outputs"] == {"result": {"json": "handled"}}


def test_a_run_is_started_just_once(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def child(address: str, name: str) -> str:
        return look(address, name)

    @pai.flow
    def main(names: list[str], address: str) -> list[str]:
        def item(name: str) -> str:
            return look(address, "slow", pai.start(child, address, name))

        return pai.each(names, item, at_once=2)

    run = cut(runtime, ledger, main, "slow", names=["a", "b"])

    assert runtime.ended(run)["status"] == "completed"
    for row in runtime.events(run, "child.spawned"):
        runtime.ended(row["body"]["child"])
    assert len(runtime.events(run, "child.spawned")) == 2
    assert len(runtime.rows("SELECT FROM pai.run WHERE flow = 'child'")) == 2


def _fork(runtime: Runtime, run: RunId, at: str | None = None) -> RunId:
    return asyncio.run(runtime.commands.fork(run, ME, at=at)).run


def test_a_fork_goes_on_inside_a_control_node_that_failed(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> list[str]:
        def item(name: str) -> Any:
            done = pay(address, name)
            return pai.when(values.compare(name, "==", "c"),
                            lambda: look("127.0.0.1:1", "nobody", done),
                            lambda: look(address, "well", done))  # fmt: skip

        return pai.each(names, item, at_once=1)

    runtime.worker()
    run = runtime.start(main.spec, names=list("abcd"), address=ledger.address)
    assert runtime.ended(run)["status"] == "failed"

    second = _fork(runtime, run)
    assert runtime.ended(second)["status"] == "failed"

    counts = ledger.counts()
    assert [counts[name] for name in "abcd"] == [1, 1, 1, 0], "what was paid for stays paid"
    assert counts["well"] == 2
    reused = [row["node"] for row in runtime.events(second, "node.reused")]
    assert "each/0/pay" in reused
    third = _fork(runtime, run, at="each")
    assert runtime.ended(third)["status"] == "failed"
    assert ledger.counts()["a"] == 2, "unless somebody asks for it"


def test_a_fork_takes_a_control_node_whole_when_nothing_in_it_changed(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> Any:
        return lists.length(pai.each(names, lambda name: look(address, name)))

    @pai.flow(name="main")
    def changed(names: list[str], address: str) -> Any:
        return lists.length(pai.each(names, lambda name: look(address, name, wait_s=0.01)))

    runtime.worker()
    run = runtime.start(main.spec, names=["a", "b"], address=ledger.address)
    runtime.ended(run)
    runtime.ended(_fork(runtime, run, at="length"))
    assert ledger.counts() == {"a": 1, "b": 1}

    inputs = {"names": ["a", "b"], "address": ledger.address}
    started = runtime.commands.start(changed.spec, inputs, (ledger_module(),), ME, reuse=run)
    runtime.ended(asyncio.run(started).run)
    assert ledger.counts() == {"a": 2, "b": 2}


def test_a_replay_computes_what_is_pure_inside_a_control_node(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[float]) -> list[float]:
        return pai.each(ns, lambda n: numbers.add(n, 1))

    runtime.worker()
    run = runtime.start(main.spec, ns=[1, 2, 3])
    runtime.ended(run)

    replay = asyncio.run(runtime.commands.replay(run, ME)).run
    runtime.ended(replay)

    (verdict,) = runtime.events(replay, "run.replayed")
    assert verdict["body"]["verdict"] == "identical"
    assert verdict["body"]["recomputed"] == 3


def test_a_run_is_stepped_through_the_flows_inside(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> list[str]:
        return pai.each(names, lambda name: look(address, name))

    runtime.worker()
    started = runtime.commands.start(
        main.spec,
        {"names": ["a", "b"], "address": ledger.address},
        (ledger_module(),),
        ME,
        paused=True,
    )
    run = asyncio.run(started).run
    runtime.reached(run, "paused")
    runtime.step(run)
    until(lambda: runtime.events(run, "debug.stepped"), "a step")
    runtime.reached(run, "paused")
    assert ledger.counts() == {"a": 1}
    runtime.step(run)

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"a": 1, "b": 1}


def test_who_has_lost_a_race_is_not_run_again(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> str:
        slow = look(address, "slow", wait_s=600)
        won = pai.merge(slow, look(address, "quick"), how="race")
        return look(address, "after", won)

    ledger.hold("quick")

    def let_it_win() -> None:
        if ledger.counts()["slow"]:
            ledger.release("quick")

    run = cut(runtime, ledger, main, "after", meanwhile=let_it_win)

    assert runtime.ended(run)["outputs"] == {"result": {"json": "after"}}
    assert ledger.counts()["slow"] == 1
    assert len(runtime.events(run, "node.skipped")) == 1
    assert runtime.ended(_fork(runtime, run, at="look_3"))["status"] == "completed"
    assert ledger.counts() == {"slow": 1, "quick": 1, "after": 3}
    assert runtime.verdict(run)["verdict"] == "identical"


def test_who_was_out_of_a_race_when_the_worker_died_stays_out(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        failing = fail("no", address, "fails")
        out = look(address, "out", lists.of(failing, look(address, "beside", wait_s=600)))
        slow = look(address, "slow")
        return look(address, "after", pai.merge(out, slow, how="race"))

    ledger.hold("slow", "fails")
    runtime.worker()
    run = runtime.start(main.spec, address=ledger.address)
    until(lambda: len(ledger.counts()) == 3, "all are under way")
    ledger.release("fails")
    skipped = "SELECT FROM pai.step WHERE run = %s AND status = 'skipped'"
    until(lambda: len(runtime.rows(skipped, run)) == 3, "one is out")
    kill(runtime)
    ledger.release()
    runtime.worker()

    assert runtime.ended(run)["outputs"] == {"result": {"json": "after"}}
    assert ledger.counts() == {"fails": 1, "beside": 1, "slow": 2, "after": 1}
    assert len(runtime.events(run, "node.skipped")) == 3
    assert runtime.verdict(run)["verdict"] == "identical"
    assert runtime.ended(_fork(runtime, run, at="look_4"))["status"] == "completed"
    assert ledger.counts() == {"fails": 1, "beside": 1, "slow": 2, "after": 2}


def test_a_write_that_had_lost_when_its_worker_died_is_not_asked_about(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        unkeyed = pay(address, "unkeyed", wait_s=600)
        keyed = pay_keyed(address, "keyed", wait_s=1.5)
        won = pai.merge(unkeyed, keyed, look(address, "quick"), how="race")
        return look(address, "after", won)

    ledger.hold("quick")

    def let_both_lose() -> None:
        if ledger.counts()["unkeyed"] and ledger.counts("keyed"):
            ledger.release("quick")

    run = cut(runtime, ledger, main, "after", meanwhile=let_both_lose)

    assert runtime.ended(run)["outputs"] == {"result": {"json": "after"}}
    assert ledger.counts()["unkeyed"] == 1
    assert runtime.events(run, "human.requested") == []
    steps = {row["node"]: row for row in runtime.steps(run)}
    assert (steps["pay"]["status"], steps["pay_keyed"]["status"]) == ("failed", "completed")
    assert steps["pay"]["error"]["code"] == "write_in_doubt"
    (told,) = runtime.events(run, "node.failed")
    assert (told["node"], told["body"]["error"]["code"]) == ("pay", "write_in_doubt")
    assert runtime.ended(_fork(runtime, run, at="look_2"))["status"] == "completed"
    assert ledger.counts()["unkeyed"] == 1, "nor is it called for a race that was won"


def test_an_attempt_of_a_control_node_goes_on_in_its_own_flows(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> Any:
        def item(name: str) -> Any:
            slow = look(address, "slow", look(address, name))
            return look("127.0.0.1:1", "nobody", slow)

        return pai.each.with_(retry={"attempts": 2, "backoff_s": 0.01})(["a"], item)

    run = cut(runtime, ledger, main, "a", after=1)

    row = runtime.ended(run)
    assert row["error"]["message"].startswith("@2/0/"), row["error"]
    steps = [(it["path"], it["attempt"]) for it in runtime.steps(run)]
    assert len(steps) == len(set(steps))
    each = [it["status"] for it in runtime.steps(run) if it["node"] == "each"]
    assert each == ["failed", "failed"]


def test_time_that_is_over_when_the_worker_died_is_over(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> Any:
        return pai.each.with_(timeout_s=3600)(
            ["a", "b"], lambda name: look(address, name, wait_s=600)
        )

    def let_its_time_be_over() -> None:
        if ledger.counts()["b"]:
            kill(runtime)
            runtime.execute("UPDATE pai.question SET due = now()")

    run = cut(runtime, ledger, main, "b", meanwhile=let_its_time_be_over)

    assert runtime.ended(run)["error"]["code"] == "node_timed_out"
    assert len(runtime.events(run, "node.timed_out")) == 1
