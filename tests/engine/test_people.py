"""People in the loop, with a real worker: what is asked, who may answer, and what goes on then.

All tests share one worker, which looks for what is due each second.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from persistentai_lab.errors import (
    AccessDenied,
    AnsweredAlready,
    Conflict,
    EditInvalid,
    LabError,
    NotAsked,
    QuestionExpired,
    QuestionNotFound,
    RunEnded,
    RunNotFound,
    WrongAnswer,
)
from persistentai_lab.flow.model import Approval, Node, Policy
from persistentai_lab.ids import Json, RunId
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("people"), make_database()) as runtime:
        worker = runtime.worker()
        yield runtime
        assert worker.poll() is None, "no question ended the worker"


def ask(node_id: str = "ask", /, **values: Json) -> Node:
    return node(node_id, "human.ask", **{"text": "Well?", **values})


def payment(ledger: Ledger, **approval: Any) -> Node:
    policy = Policy(approval=Approval(**approval))
    return node("pay", mine("pay"), policy, address=ledger.address, name="paid")


def answers(runtime: Runtime, run: RunId, kind: str = "human.answered") -> list[dict[str, Any]]:
    return [event["body"] for event in runtime.events(run, kind)]


def test_a_question_parks_the_run_and_its_answer_is_the_output(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(shown="a draft", answer="integer"), outputs={"n": "ask"}))
    row = runtime.reached(run, "waiting")
    question = runtime.asked(run)

    runtime.answer(run, question["id"], 7, via="cell")

    assert runtime.ended(run)["outputs"] == {"n": {"json": 7}}
    assert (row["leg"], runtime.run(run)["leg"]) == (1, 2)
    (requested,) = answers(runtime, run, "human.requested")
    assert (requested["kind"], requested["text"]) == ("ask", "Well?")
    assert requested["answer_type"] == {"type": "integer"}
    assert requested["inputs"]["shown"]["preview"] == "a draft"
    (answered,) = answers(runtime, run)
    assert (answered["by"], answered["via"], answered["answer"]) == (ME.user, "cell", "7")
    assert answered["value"]["preview"] == 7
    kept = runtime.rows("SELECT * FROM pai.question WHERE run = %s", run)[0]
    assert (kept["answered_by"], kept["answered_from"]) == (ME.user, "cell")
    assert kept["answered_at"]


@pytest.mark.parametrize(
    ("values", "wrong", "told"),
    [
        ({"answer": "integer"}, "seven", "integer"),
        ({"answer": "number"}, float("nan"), "number"),
        ({"choices": ["red", "blue"]}, "green", "red, blue"),
        ({"choices": ["red", "blue"]}, 1, "red, blue"),
        ({"answer": {"type": "object", "required": ["n"]}}, {}, "object"),
        ({}, "x" * 2_000_000, "string"),
    ],
)
def test_an_answer_of_another_type_is_refused_and_the_question_stays(
    runtime: Runtime, values: dict[str, Json], wrong: Json, told: str
) -> None:
    run = runtime.start(flow(ask(**values)))
    question = runtime.asked(run)

    with pytest.raises(WrongAnswer) as caught:
        runtime.answer(run, question["id"], wrong)

    assert told in caught.value.remedy
    assert runtime.asked(run)["id"] == question["id"]
    assert answers(runtime, run) == []
    runtime.cancel(run)


def test_only_who_is_asked_may_answer(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(to=["ada", "grace"], choices=["yes", "no"])))
    question = runtime.asked(run)

    with pytest.raises(NotAsked, match="for ada or grace, not for eve") as caught:
        runtime.answer(run, question["id"], "yes", by="eve")

    assert isinstance(caught.value, AccessDenied)
    runtime.answer(run, question["id"], "no", by="grace")
    assert runtime.ended(run)["status"] == "completed"


def test_of_answers_at_once_one_wins_and_the_others_are_told_who(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(choices=["yes", "no"]), outputs={"said": "ask"}))
    question = runtime.asked(run)["id"]

    def answer(number: int) -> str | LabError:
        try:
            runtime.answer(run, question, ("yes", "no")[number % 2], by=f"user-{number}")
        except Conflict as error:
            return error
        return f"user-{number}"

    with ThreadPoolExecutor(8) as people:
        came = list(people.map(answer, range(8)))

    (winner,) = [each for each in came if isinstance(each, str)]
    losers = [each for each in came if isinstance(each, AnsweredAlready)]
    assert len(losers) == 7
    assert all(f"{winner} has answered" in error.message for error in losers)
    (answered,) = answers(runtime, run)
    assert answered["by"] == winner
    assert runtime.ended(run)["outputs"]["said"]["json"] == answered["answer"]


def test_what_cannot_be_answered_says_why(runtime: Runtime) -> None:
    run = runtime.start(flow(ask()))
    question = runtime.asked(run)["id"]

    with pytest.raises(RunNotFound):
        runtime.answer(RunId("r-nobody"), question, "yes")
    with pytest.raises(QuestionNotFound) as caught:
        runtime.answer(run, "s0/other#ask", "yes")
    assert run in caught.value.remedy

    runtime.cancel(run)
    with pytest.raises(RunEnded, match="cancelled") as ended:
        runtime.answer(run, question, "yes")
    assert ended.value.remedy
    assert runtime.run(run)["status"] == "cancelled"


def test_an_answer_wakes_its_branch_at_once_while_another_is_busy(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(
        flow(
            ask(),
            node("next", mine("look"), address=ledger.address, name="next"),
            node("busy", mine("look"), address=ledger.address, name="busy", wait_s=600),
            edges=("ask > next",),
        )
    )
    until(lambda: ledger.counts()["busy"], "the other branch is busy")
    question = runtime.asked(run)

    runtime.answer(run, question["id"], "go on")

    until(lambda: ledger.counts()["next"], "its branch goes on")
    row = runtime.run(run)
    assert (row["status"], row["leg"]) == ("running", 1)
    assert ledger.counts()["busy"] == 1
    runtime.cancel(run)


def test_an_answer_whose_hint_got_lost_is_found(runtime: Runtime, ledger: Ledger) -> None:
    busy = node("busy", mine("look"), address=ledger.address, name="busy", wait_s=600)
    run = runtime.start(flow(ask(), busy))
    until(lambda: ledger.counts()["busy"], "the other branch is busy")
    question = runtime.asked(run)

    runtime.rows(
        """UPDATE pai.question SET answer = '{"value": "yes"}', answered_by = 'ada',
           answered_at = now() WHERE run = %s AND id = %s RETURNING 1""",
        run,
        question["id"],
    )

    until(lambda: runtime.events(run, "node.completed"), "the worker looked by itself")
    runtime.cancel(run)


def test_many_questions_are_answered_in_any_order_and_each_wakes_its_own(
    runtime: Runtime,
) -> None:
    names = [f"ask_{n}" for n in range(12)]
    nodes = [ask(name, answer="integer") for name in names]
    after = [node(f"after_{n}", "numbers.add", right=100) for n in range(12)]
    edges = tuple(f"ask_{n} > after_{n}.left" for n in range(12))
    run = runtime.start(
        flow(*nodes, *after, edges=edges, outputs={f"o{n}": f"after_{n}" for n in range(12)})
    )
    runtime.reached(run, "waiting")

    for number, name in reversed(list(enumerate(names))):
        runtime.answer(run, runtime.asked(run, name)["id"], number)
        until(
            lambda: any(
                event["node"] == f"after_{number}"  # noqa: B023 - used at once
                for event in runtime.events(run, "node.completed")
            ),
            "its branch goes on, the others wait",
        )

    outputs = runtime.ended(run)["outputs"]
    assert outputs == {f"o{n}": {"json": n + 100.0} for n in range(12)}
    assert len(answers(runtime, run, "human.requested")) == 12, "no question was asked twice"
    assert not runtime.events(run, "run.recovered")


def test_a_write_runs_only_when_somebody_saw_what_it_does_and_said_yes(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(flow(payment(ledger, by=("ada",), text="Pay it?"), outputs={"o": "pay"}))
    runtime.reached(run, "waiting")
    question = runtime.asked(run)
    assert ledger.counts() == {}
    assert runtime.steps(run) == [], "nothing has begun"

    runtime.answer(run, question["id"], "approve", by="ada")

    assert runtime.ended(run)["outputs"] == {"o": {"json": "paid"}}
    assert ledger.counts() == {"paid": 1}
    (requested,) = answers(runtime, run, "human.requested")
    assert (requested["kind"], requested["text"]) == ("approval", "Pay it?")
    assert (requested["block"], requested["asked"]) == (mine("pay"), ["ada"])
    assert requested["inputs"]["name"]["preview"] == "paid"
    assert question["inputs"]["name"] == {"json": "paid"}
    assert len(requested["inputs_hash"]) == 64
    assert requested["inputs_hash"].startswith(question["id"].rpartition("-")[2])


def test_what_is_rejected_is_not_done_and_says_who_and_why(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(flow(payment(ledger)))
    question = runtime.asked(run)["id"]
    with pytest.raises(WrongAnswer, match="reason"):
        runtime.answer(run, question, "reject", reason=" ")

    runtime.answer(run, question, "reject", reason="Not this month.")

    error = runtime.ended(run)["error"]
    assert error["code"] == "rejected"
    assert f"{ME.user} rejected this step: Not this month." in error["message"]
    assert ledger.counts() == {}
    assert answers(runtime, run)[0]["reason"] == "Not this month."


def test_inputs_changed_by_a_person_are_checked_used_and_recorded_with_what_was_asked(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(flow(payment(ledger)))
    question = runtime.asked(run)["id"]
    with pytest.raises(EditInvalid) as caught:
        runtime.answer(run, question, "edit", inputs={"name": 3, "amount": 1})
    assert [(found.port, found.code) for found in caught.value.problems] == [
        ("name", "bad_value"),
        ("amount", "unknown_port"),
    ]
    with pytest.raises(WrongAnswer, match="Nothing is changed"):
        runtime.answer(run, question, "edit")

    runtime.answer(run, question, "edit", inputs={"name": "less"}, reason="Cheaper.")

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"less": 1}
    (requested,), (answered,) = answers(runtime, run, "human.requested"), answers(runtime, run)
    assert requested["inputs"]["name"]["preview"] == "paid"
    assert answered["edited"]["name"]["preview"] == "less"
    assert (answered["answer"], answered["reason"]) == ("edit", "Cheaper.")


@pytest.mark.parametrize(
    ("at_expiry", "status", "code", "calls"),
    [
        ("reject", "failed", "rejected", 0),
        ("fail", "failed", "unanswered", 0),
        ("approve", "completed", None, 1),
    ],
)
def test_an_approval_that_expires_ends_as_its_policy_says(
    runtime: Runtime, ledger: Ledger, at_expiry: str, status: str, code: str | None, calls: int
) -> None:
    run = runtime.start(flow(payment(ledger, expires_s=0.2, at_expiry=at_expiry)))

    row = runtime.ended(run)

    assert (row["status"], (row["error"] or {}).get("code")) == (status, code)
    assert sum(ledger.counts().values()) == calls
    (expired,) = answers(runtime, run, "human.expired")
    assert expired["outcome"] == at_expiry
    (kept,) = runtime.rows("SELECT * FROM pai.question WHERE run = %s", run)
    assert kept["answered_by"] is None


def test_a_question_that_expires_has_its_other_answer_or_fails(runtime: Runtime) -> None:
    fails = runtime.start(flow(ask(expires_s=0.1)))
    goes_on = runtime.start(flow(ask(expires_s=0.1, otherwise="no"), outputs={"o": "ask"}))

    assert runtime.ended(fails)["error"]["code"] == "unanswered"
    assert runtime.ended(goes_on)["outputs"] == {"o": {"json": "no"}}
    assert answers(runtime, goes_on, "human.expired")[0]["outcome"] == "otherwise"


def test_an_expiry_wakes_its_branch_while_another_is_busy(runtime: Runtime, ledger: Ledger) -> None:
    busy = node("busy", mine("look"), address=ledger.address, name="busy", wait_s=600)
    run = runtime.start(flow(ask(expires_s=0.1, otherwise="no"), busy))

    until(lambda: runtime.events(run, "node.completed"), "its branch goes on")

    assert runtime.run(run)["leg"] == 1
    until(lambda: ledger.counts()["busy"], "the other branch is busy")
    runtime.cancel(run)


def test_an_answer_to_an_expired_question_is_refused(runtime: Runtime, ledger: Ledger) -> None:
    busy = node("busy", mine("look"), address=ledger.address, name="busy", wait_s=600)
    run = runtime.start(flow(ask(expires_s=0.1, otherwise="no"), busy))
    until(lambda: answers(runtime, run, "human.expired"), "it expires")
    (question,) = runtime.rows("SELECT id FROM pai.question WHERE run = %s", run)

    with pytest.raises(QuestionExpired) as caught:
        runtime.answer(run, question["id"], "yes")

    assert caught.value.remedy
    runtime.cancel(run)


def test_a_question_of_a_run_that_ended_expires_without_a_word(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(expires_s=3.0)))  # long enough to be seen open
    runtime.asked(run)
    runtime.cancel(run)
    before = len(runtime.events(run))

    until(
        lambda: runtime.rows("SELECT 1 FROM pai.question WHERE run = %s AND due IS NULL", run),
        "nobody looks for it any more",
    )

    assert len(runtime.events(run)) == before
    assert runtime.run(run)["status"] == "cancelled"


def test_a_failure_elsewhere_ends_a_run_that_waits(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(), node("bad", mine("fail"), message="no")))

    row = runtime.ended(run)

    assert (row["status"], row["error"]["code"]) == ("failed", "raised")


def test_a_question_whose_answer_no_answer_could_be_fails_its_node(runtime: Runtime) -> None:
    run = runtime.start(flow(ask(answer={"type": "nonsense"})))

    error = runtime.ended(run)["error"]

    assert (error["code"], "no JSON Schema" in error["message"]) == ("node_error", True)
    assert error["remedy"]


def test_an_expiry_and_an_answer_at_once_leave_one_of_them(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Without a worker: the questions are put there by hand, due just now."""
    with Runtime(tmp_path_factory.mktemp("race"), database_url) as alone:
        won = []
        for _ in range(25):
            run = alone.start(flow(ask()))
            alone.rows(
                """INSERT INTO pai.question (workspace, id, run, path, node, attempt, text, choices,
                       kind, answer_type, due, at_expiry, owner, caller)
                   VALUES ('default', 'q', %s, 's0', 'ask', 1, 'Well?', '[]', 'ask', '{}',
                       clock_timestamp() + interval '4 ms', '{"choice": "fail"}', 'a', 'a')
                   RETURNING 1""",
                run,
            )
            alone.rows("UPDATE pai.run SET status = 'waiting' WHERE id = %s RETURNING 1", run)

            def answer(run: RunId = run) -> bool:
                try:
                    alone.answer(run, "q", "yes")
                except QuestionExpired:
                    return False
                return True

            def expire(run: RunId = run) -> None:
                while alone.rows(
                    "SELECT 1 FROM pai.question WHERE run = %s AND answer IS NULL", run
                ):
                    asyncio.run(alone.commands.expire())

            with ThreadPoolExecutor(2) as both:
                expiring, answering = both.submit(expire), both.submit(answer)
                expiring.result()
                answered = answering.result()
            kinds = [e["body"]["type"] for e in alone.events(run) if "human" in e["text"]]
            assert kinds == ["human.answered" if answered else "human.expired"]
            row = alone.run(run)
            assert (row["status"], row["leg"]) == ("queued", 2), "it goes on once"
            won.append(answered)
        assert won, "somebody won each time"
