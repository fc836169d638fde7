"""A flow as a node with retries and a time of its own, on a real worker."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import human, lists, text
from persistentai_lab.errors import QuestionMoot
from persistentai_lab.flow.codec import loads
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.ledger_blocks import fail_once, look, spend
from tests.runtime import ME, Runtime, until

SOON = {"attempts": 2, "backoff_s": 0.01}


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("called-flows"), make_database()) as runtime:
        runtime.worker()
        yield runtime


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """Where nobody has been yet."""
    return str(tmp_path / "been")


@pai.flow
def fragile(address: str, mark: str, name: str = "inside") -> dict[str, str]:
    """Fails the first time that it is run."""
    seen = look(address, name)
    return {"shout": text.upper(seen), "healed": fail_once(mark, seen)}


def drawn() -> pai.Flow[..., Any]:
    @pai.flow
    def main(address: str, mark: str) -> Any:
        before = look.with_(id="before")(address, "before")
        part = fragile.with_(id="part", retry=SOON)(address, mark, before)
        return {"after": look.with_(id="after")(address, "after", part.healed), "shout": part.shout}  # type: ignore[attr-defined]

    assert main.check() == []
    return main


def of(runtime: Runtime, run: RunId, node: str) -> list[str]:
    """The statuses of a node's attempts."""
    return [row["status"] for row in runtime.steps(run) if row["node"] == node]


@pytest.mark.parametrize("is_from_file", [False, True])
def test_it_succeeds_the_second_time_in_flows_of_its_own(
    shared: Runtime, ledger: Ledger, mark: str, is_from_file: bool
) -> None:
    main = drawn()
    spec = loads(main.to_json()) if is_from_file else main.spec

    run = shared.start(spec, address=ledger.address, mark=mark)

    row = shared.ended(run)
    assert row["status"] == "completed", row["error"]
    assert row["outputs"] == {"after": {"json": "after"}, "shout": {"json": "BEFORE"}}
    assert ledger.counts() == {"before": 3, "after": 1}, "one outside, one for each attempt"
    assert of(shared, run, "part") == ["failed", "completed"]
    assert of(shared, run, "part/body/fail_once") == ["failed"]
    assert of(shared, run, "part/@2/body/fail_once") == ["completed"]
    (retried,) = shared.events(run, "node.retried")
    assert (retried["node"], retried["body"]["cause"]) == ("part", "failed")
    assert shared.verdict(run)["verdict"] == "identical"


def test_when_its_time_is_over_all_inside_is_stopped_and_the_failure_is_typed(
    shared: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def slow(address: str) -> Any:
        return lists.of(human.ask("Well?"), look(address, "slow", wait_s=600))

    @pai.flow
    def main(address: str) -> Any:
        return pai.attempt(
            lambda: slow.with_(timeout_s=3600)(address), otherwise=lambda error: lists.of(error)
        )

    assert main.check() == []
    run = shared.start(main.spec, address=ledger.address)
    question = shared.asked(run, "attempt/body/slow/body/ask")
    until(lambda: ledger.counts()["slow"], "a body is at work")
    until(
        lambda: shared.rows(
            "UPDATE pai.question SET due = now() WHERE run = %s AND due > now() RETURNING 1", run
        ),
        "its time is over",
    )

    row = shared.ended(run)
    assert row["status"] == "completed", row["error"]
    (error,) = row["outputs"]["result"]["json"]
    assert (error["code"], error["node"]) == ("node_timed_out", "attempt/body/slow")
    assert of(shared, run, "attempt/body/slow/body/look") == ["skipped"]
    assert of(shared, run, "attempt/body/slow/body/ask") == ["skipped"]
    with pytest.raises(QuestionMoot, match="the time of “attempt/body/slow” was over"):
        shared.answer(run, question["id"], "late")
    assert shared.verdict(run)["verdict"] == "identical"


def test_a_fork_takes_over_what_is_outside_and_runs_it_anew(
    shared: Runtime, ledger: Ledger, mark: str
) -> None:
    run = shared.start(drawn().spec, address=ledger.address, mark=mark)
    assert shared.ended(run)["status"] == "completed"
    Path(mark).unlink()

    def forked(at: str) -> set[str]:
        fork = asyncio.run(shared.commands.fork(run, ME, at=at)).run
        row = shared.ended(fork)
        assert row["status"] == "completed", row["error"]
        return {event["node"] for event in shared.events(fork, "node.reused")}

    assert forked("after") == {"before", "part"}
    assert not Path(mark).exists(), "nothing inside was run"
    assert forked("part") == {"before"}
    assert ledger.counts() == {"before": 3 + 2, "after": 1 + 2}


def test_it_stands_in_flows_that_are_inlined_and_in_those_that_nodes_run(
    shared: Runtime, ledger: Ledger, tmp_path: Path
) -> None:
    @pai.flow
    def inlined(address: str, mark: str) -> str:
        return fragile.with_(retry=SOON)(address, mark).healed  # type: ignore[return-value,attr-defined]

    @pai.flow
    def main(address: str, marks: list[str], mark: str) -> Any:
        each = pai.each(marks, lambda mark: inlined(address, mark))
        return {"each": each, "once": inlined(address, mark)}

    assert main.check() == []
    marks = [str(tmp_path / name) for name in "abc"]
    run = shared.start(main.spec, address=ledger.address, marks=marks[:2], mark=marks[2])

    row = shared.ended(run)
    assert row["status"] == "completed", row["error"]
    assert row["outputs"] == {"each": {"json": ["healed"] * 2}, "once": {"json": "healed"}}
    assert of(shared, run, "inlined/fragile/@2/body/fail_once") == ["completed"]
    assert of(shared, run, "each/1/inlined/fragile/@2/body/look") == ["completed"]
    assert ledger.counts() == {"inside": 6}
    fork = asyncio.run(shared.commands.fork(run, ME, at="each")).run
    assert shared.ended(fork)["status"] == "completed", shared.run(fork)["error"]
    assert "inlined/fragile" in {it["node"] for it in shared.events(fork, "node.reused")}
    assert ledger.counts() == {"inside": 8}


def test_its_budget_bounds_all_inside(shared: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def dear(address: str) -> Any:
        return spend(address, "b", tokens=60, after=spend(address, "a", tokens=60))

    @pai.flow
    def main(address: str) -> Any:
        return dear.with_(retry=SOON, budget={"tokens": 50})(address)

    assert main.check() == []
    run = shared.start(main.spec, address=ledger.address)
    question = shared.asked(run)
    assert "The budget of dear is used up: 60 of 50 tokens" in question["text"]
    shared.answer(run, question["id"], 100)

    assert shared.ended(run)["status"] == "completed"
    assert of(shared, run, "dear") == ["completed"]


def test_a_killed_worker_is_followed_in_the_middle_of_the_second_attempt(
    runtime: Runtime, ledger: Ledger, mark: str
) -> None:
    @pai.flow
    def two_steps(address: str, mark: str) -> str:
        first = fail_once(mark, look(address, "first"))
        return look(address, "then", first)

    @pai.flow
    def main(address: str, mark: str) -> str:
        return two_steps.with_(id="part", retry=SOON)(address, mark)

    spec: FlowSpec = main.spec
    ledger.hold("then")
    runtime.worker()
    run = runtime.start(spec, address=ledger.address, mark=mark)
    until(lambda: ledger.counts()["then"], "its second attempt is in the middle")
    until(
        lambda: of(runtime, run, "part/@2/body/fail_once") == ["completed"],
        "what came before is recorded",
    )
    runtime.workers[-1].kill()
    runtime.workers[-1].wait()
    ledger.release()
    runtime.worker()

    assert runtime.ended(run)["outputs"] == {"result": {"json": "then"}}
    assert ledger.counts() == {"first": 2, "then": 2}
    assert of(runtime, run, "part") == ["failed", "completed"]
    assert len(runtime.events(run, "run.recovered")) == 1
    starts = [it["attempt"] for it in runtime.events(run, "node.started") if it["node"] == "part"]
    assert starts == [1, 2], "it went on, and began no third attempt"
    assert runtime.verdict(run)["verdict"] == "identical"
