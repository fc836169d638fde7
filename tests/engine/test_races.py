"""Races on a real worker: who loses is stopped, and what it asked or waited for is closed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import human, lists, signals, text, time
from persistentai_lab.errors import QuestionMoot
from persistentai_lab.ids import RunId
from tests.ledger import Ledger
from tests.ledger_blocks import fail, later, look, pay, pay_and_hang
from tests.runtime import Runtime, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("races"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def begin(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> RunId:
    assert drawn.check() == []
    return runtime.start(drawn.spec, **inputs)


def completed(runtime: Runtime, run: RunId) -> Any:
    """The result of a run that ends well."""
    row = runtime.ended(run)
    assert row["status"] == "completed", row["error"]
    return row["outputs"]["result"]["json"]


def skipped(runtime: Runtime, run: RunId) -> dict[str, tuple[str, str, str]]:
    """Which nodes were told to be skipped: by what, why, who had won."""
    return {
        row["node"]: (row["body"]["cause"], row["body"]["why"], row["body"]["winner"])
        for row in runtime.events(run, "node.skipped")
    }


def open_questions(runtime: Runtime, run: RunId) -> list[str]:
    found = runtime.rows("SELECT node FROM pai.question WHERE run = %s AND answer IS NULL", run)
    return [row["node"] for row in found]


def last(runtime: Runtime, run: RunId, node: str) -> str:
    """The status of a node's last attempt."""
    return [row["status"] for row in runtime.steps(run) if row["node"] == node][-1]  # type: ignore[no-any-return]


def test_the_body_of_a_loser_is_ended_and_nothing_after_it_begins(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        slow = look(address, "after", look(address, "slow", wait_s=600))
        return pai.merge(slow, look.with_(id="quick")(address, "quick"), how="race")

    ledger.hold("quick")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["slow"], "the loser has begun")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert skipped(runtime, run) == {
        "look": ("race", "race", "quick"),
        "look_2": ("race", "race", "quick"),
    }
    assert last(runtime, run, "look") == "skipped"
    assert ledger.counts()["after"] == 0
    assert len(runtime.events(run, "node.failed")) == 0


def test_items_of_a_list_that_lost_are_ended_too(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(names: list[str], address: str) -> Any:
        all_of_them = pai.each(names, lambda name: look(address, name, wait_s=600), at_once=2)
        quick = look.with_(id="quick")(address, "quick")
        return pai.merge(lists.length(all_of_them), quick, how="race")

    ledger.hold("quick")
    run = begin(runtime, main, names=["a", "b", "c"], address=ledger.address)
    until(lambda: ledger.counts()["a"] and ledger.counts()["b"], "two items are under way")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert set(skipped(runtime, run)) == {"each", "each/0/look", "each/1/look", "length"}
    assert ledger.counts()["c"] == 0
    assert last(runtime, run, "each/1/look") == "skipped"


def test_what_a_loser_waits_for_is_closed_and_a_late_answer_is_told_who_won(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> Any:
        asked = human.ask("Well?")
        slept = text.upper(time.sleep(600, "slept"))
        heard = signals.wait_for("never", value_type="string")
        inside = pai.each(["x"], lambda it: human.ask(it))
        quick = look.with_(id="quick")(address, "quick")
        return pai.merge(asked, slept, heard, lists.length(inside), quick, how="race")

    ledger.hold("quick")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: len(open_questions(runtime, run)) == 4, "all wait")
    question = runtime.asked(run, "ask")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert open_questions(runtime, run) == []
    with pytest.raises(QuestionMoot, match="Answered too late: “quick” had won"):
        runtime.answer(run, question["id"], "yes")
    assert {"ask", "sleep", "wait_for", "each", "each/0/ask"} <= set(skipped(runtime, run))


def test_an_answer_may_win(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        first = human.ask.with_(id="one")("One?")
        second = human.ask.with_(id="other")("Other?")
        return pai.merge(first, second, how="race")

    run = begin(runtime, main)
    runtime.reached(run, "waiting")
    one, other = runtime.asked(run, "one")["id"], runtime.asked(run, "other")["id"]
    runtime.answer(run, one, "me")

    assert completed(runtime, run) == "me"
    with pytest.raises(QuestionMoot, match="“one” had won"):
        runtime.answer(run, other, "no, me")


def test_what_else_needs_the_loser_keeps_it_running(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> dict[str, Any]:  # type: ignore[return]
        slow = look(address, "slow")
        first = pai.merge(slow, look.with_(id="quick")(address, "quick"), how="race")
        return {"first": first, "both": text.upper(slow)}

    ledger.hold("slow")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: runtime.events(run, "node.decided"), "the race is decided")
    ledger.release()

    outputs = runtime.ended(run)["outputs"]
    assert outputs == {"first": {"json": "quick"}, "both": {"json": "SLOW"}}
    assert skipped(runtime, run) == {}


def test_a_write_in_the_middle_ends_and_is_recorded(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> str:
        paid = look(address, "after", pay(address, "paid"))
        return pai.merge(paid, look.with_(id="quick")(address, "quick"), how="race")

    ledger.hold("paid", "quick")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["paid"] and ledger.counts()["quick"], "both are under way")
    ledger.release("quick")
    until(lambda: runtime.events(run, "node.decided"), "the race is decided")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert last(runtime, run, "pay") == "completed"
    assert set(skipped(runtime, run)) == {"look"}
    assert ledger.counts()["after"] == 0


def test_a_loser_that_fails_after_the_decision_fails_nothing(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        paid = pay_and_hang(address, "paid")
        return pai.merge(paid, look.with_(id="quick")(address, "quick"), how="race")

    ledger.hold("paid", "quick")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["paid"] and ledger.counts()["quick"], "both are under way")
    ledger.release("quick")
    until(lambda: runtime.events(run, "node.decided"), "the race is decided")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert last(runtime, run, "pay_and_hang") == "failed"
    assert runtime.events(run, "human.requested") == [], "nobody is asked about what nobody needs"


def test_who_fails_first_is_out_of_the_race_and_another_may_win(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        both = lists.of(fail("no"), human.ask("Well?"))
        out = look(address, "after", both)
        return pai.merge(out, look.with_(id="slow")(address, "slow"), how="race")

    ledger.hold("slow")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: runtime.events(run, "node.failed"), "one has failed")
    until(lambda: len(skipped(runtime, run)) == 3, "what served it alone is stopped")
    assert open_questions(runtime, run) == []
    ledger.release()

    assert completed(runtime, run) == "slow"
    assert skipped(runtime, run) == {it: ("fail", "failed", None) for it in ("ask", "of", "look")}
    assert last(runtime, run, "fail") == "failed"
    assert ledger.counts()["after"] == 0
    assert runtime.verdict(run)["verdict"] == "identical"


def test_a_race_is_lost_once_all_have_failed_and_says_why_each_did(runtime: Runtime) -> None:
    @pai.flow
    def main() -> str:
        first = text.upper(fail("no"))
        second = fail.with_(id="other", retry=2)("never")
        return text.upper(pai.merge(first, second, how="race"))

    run = begin(runtime, main)
    error = runtime.ended(run)["error"]

    assert error["code"] == "no_winner"
    assert error["message"].startswith("race: All who could have won the race have failed. fail: ")
    assert "ValueError: no; other: " in error["message"]
    assert "ValueError: never." in error["message"]
    statuses = {row["node"]: row["status"] for row in runtime.steps(run)}
    assert statuses == {
        "fail": "failed", "upper": "skipped", "other": "failed", "race": "failed",
        "upper_2": "skipped",
    }  # fmt: skip
    assert len([row for row in runtime.steps(run) if row["node"] == "other"]) == 2, "it was retried"
    assert runtime.verdict(run)["verdict"] == "identical"


def test_a_failure_that_something_else_needs_is_the_flows(runtime: Runtime) -> None:
    @pai.flow
    def main() -> dict[str, Any]:  # type: ignore[return]
        failing = fail("no")
        return {"won": pai.merge(failing, human.ask("Well?"), how="race"), "too": failing}

    run = begin(runtime, main)

    assert runtime.ended(run)["error"]["message"].startswith("fail: ")
    assert open_questions(runtime, run) == []


def test_a_race_that_is_lost_inside_of_a_race_is_only_out_of_that(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        inner = pai.merge(fail("no"), fail("never"), how="race")
        return pai.merge(inner, human.ask("Well?"), how="race")

    run = begin(runtime, main)
    runtime.reached(run, "waiting")
    until(lambda: len(runtime.events(run, "node.failed")) == 3, "the inner race is lost")
    runtime.answer(run, runtime.asked(run)["id"], "me")

    assert completed(runtime, run) == "me", "after a leg that knows it from the record"
    assert runtime.verdict(run)["verdict"] == "identical"


def test_a_race_that_is_lost_is_an_error_that_can_be_handled(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        tried = pai.attempt(lambda: pai.merge(fail("no"), fail("never"), how="race"))
        return tried.error

    failure = completed(runtime, begin(runtime, main))

    assert (failure["code"], failure["node"]) == ("no_winner", "attempt/body/race")


def test_a_race_that_was_lost_while_the_run_was_paused_is_lost_when_it_goes_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> str:
        return pai.merge(fail("no", address, "a"), fail("never", address, "b"), how="race")

    ledger.hold("a", "b")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["a"] and ledger.counts()["b"], "both are under way")
    runtime.pause(run)
    ledger.release()
    runtime.reached(run, "paused")
    assert {row["node"]: row["status"] for row in runtime.steps(run)} == {
        "fail": "failed",
        "fail_2": "failed",
    }
    runtime.resume(run)

    assert runtime.ended(run)["error"]["code"] == "no_winner"
    assert ledger.counts() == {"a": 1, "b": 1}


def test_a_race_inside_of_a_race_is_lost_as_a_whole(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def main(address: str) -> str:
        inner = pai.merge(human.ask("a"), look(address, "slow", wait_s=600), how="race")
        quick = look.with_(id="quick")(address, "quick")
        return pai.merge(inner, quick, how="race")

    ledger.hold("quick")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: ledger.counts()["slow"] and open_questions(runtime, run), "all are under way")
    ledger.release()

    assert completed(runtime, run) == "quick"
    assert set(skipped(runtime, run)) == {"ask", "look", "race"}
    assert open_questions(runtime, run) == []


def test_what_stands_beside_a_failure_waits_no_longer(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        def both() -> Any:
            return lists.of(human.ask("Well?"), fail("no"), time.sleep(600))

        return pai.attempt(both, otherwise=lambda error: human.ask.with_(id="after")("And now?"))

    run = begin(runtime, main)
    question = runtime.asked(run, "attempt/handler/after")

    assert open_questions(runtime, run) == ["attempt/handler/after"]
    causes = {node: why[:2] for node, why in skipped(runtime, run).items()}
    assert causes["attempt/body/ask"] == ("attempt/body/fail", "failed")
    (closed,) = runtime.rows(
        "SELECT id FROM pai.question WHERE run = %s AND node = 'attempt/body/ask'", run
    )
    with pytest.raises(QuestionMoot, match="“attempt/body/fail” had failed"):
        runtime.answer(run, closed["id"], "late")
    runtime.answer(run, question["id"], "fine")
    assert completed(runtime, run) == "fine"


def test_what_was_under_way_beside_a_failure_is_not_so_for_ever(
    runtime: Runtime, ledger: Ledger
) -> None:
    @pai.flow
    def main(address: str) -> Any:
        def both() -> Any:
            return lists.of(
                pai.each(["Well?"], lambda it: human.ask(it)),
                pay_and_hang.with_(retry=2)(address, "paid"),
                fail.with_(id="held")("no", address, "held"),
            )

        return pai.attempt(both, otherwise=lambda error: text.upper("fine"))

    ledger.hold("held")
    run = begin(runtime, main, address=ledger.address)
    until(lambda: len(open_questions(runtime, run)) == 2, "one waits, of the other nobody knows")
    ledger.release()

    assert completed(runtime, run) == "FINE"
    assert last(runtime, run, "attempt/body/each") == "cancelled"
    assert last(runtime, run, "attempt/body/pay_and_hang") == "failed"
    failures = {
        row["node"]: row["body"]["error"]["code"] for row in runtime.events(run, "node.failed")
    }
    assert failures["attempt/body/pay_and_hang"] == "write_in_doubt"


def test_items_beside_a_failed_one_wait_no_longer(runtime: Runtime) -> None:
    @pai.flow
    def main(names: list[str]) -> Any:
        def item(name: str) -> Any:
            return pai.switch(
                name, [("a", lambda: human.ask("a")), ("b", lambda: later("b", 0.1))],
                otherwise=lambda: fail("no"),
            )  # fmt: skip

        return pai.attempt(lambda names: pai.each(names, item), names,
                           otherwise=lambda error: human.ask.with_(id="after")("b"))  # fmt: skip

    run = begin(runtime, main, names=["a", "b", "a", "c"])
    question = runtime.asked(run, "attempt/handler/after")
    assert open_questions(runtime, run) == ["attempt/handler/after"]
    runtime.answer(run, question["id"], "fine")
    assert completed(runtime, run) == "fine"


def test_a_cancelled_run_leaves_no_question_open(runtime: Runtime) -> None:
    @pai.flow
    def main() -> Any:
        return lists.of(human.ask("Well?"), time.sleep(600))

    run = begin(runtime, main)
    runtime.reached(run, "waiting")
    runtime.cancel(run)

    assert open_questions(runtime, run) == []
