"""A budget that is used up holds the run and asks a person, once, who raises it or stops."""

from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.engine.commands.answering import WrongAnswer
from persistentai_lab.flow.model import Budget, FlowSpec, Node, Policy, Retry
from persistentai_lab.ids import Json, RunId
from tests.ledger import Ledger
from tests.ledger_blocks import spend
from tests.runtime import Runtime, flow, mine, node, until


def spending(ledger: Ledger, name: str, policy: Policy | None = None, **more: Json) -> Node:
    return node(name, mine("spend"), policy, address=ledger.address, name=name, **more)


def with_budget(spec: FlowSpec, **limits: Any) -> FlowSpec:
    return spec.model_copy(update={"budget": Budget(**limits)})


def chain(ledger: Ledger, **more: Json) -> FlowSpec:
    nodes = [spending(ledger, name, **more) for name in "abc"]
    return flow(*nodes, edges=("a > b", "b > c"), outputs={"last": "c"})


def asked(runtime: Runtime, run: RunId) -> dict[str, Any]:
    runtime.reached(run, "waiting")
    (question,) = runtime.rows(
        "SELECT * FROM pai.question WHERE run = %s AND answer IS NULL ORDER BY asked_at", run
    )
    return question


def test_what_is_left_is_spent_then_the_run_waits_until_a_person_raises_the_budget(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = runtime.start(with_budget(chain(ledger, tokens=100), tokens=150))

    question = asked(runtime, run)

    assert ledger.counts() == {"a": 1, "b": 1}
    assert "200 of 150 tokens" in question["text"]
    runtime.answer(run, question["id"], 100)
    assert runtime.ended(run)["outputs"] == {"last": {"json": "c"}}
    assert [step["cost"] for step in runtime.steps(run)] == [{"tokens": 100, "micros": {}}] * 3
    spent = [event["body"]["tokens"] for event in runtime.events(run, "node.spent")]
    assert spent == [100, 100, 100]


def test_a_person_may_stop_it_which_fails_the_run_with_a_code(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = runtime.start(with_budget(chain(ledger, money="0.75"), money=0.5))
    question = asked(runtime, run)

    runtime.answer(run, question["id"], 0)

    error = runtime.ended(run)["error"]
    assert error["code"] == "budget_exceeded"
    assert "0.75 of 0.50 USD" in error["message"]
    assert error["remedy"]
    assert ledger.counts() == {"a": 1}


def test_a_budget_of_zero_asks_before_anything_is_spent(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    run = runtime.start(with_budget(chain(ledger, tokens=1), tokens=0))

    question = asked(runtime, run)

    assert ledger.counts() == {}
    runtime.answer(run, question["id"], 3)
    assert runtime.ended(run)["status"] == "completed"


def test_branches_that_are_held_up_ask_one_question_and_all_go_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    first = spending(ledger, "first", tokens=10)
    branches = [spending(ledger, f"b{n}", tokens=1) for n in range(5)]
    spec = flow(first, *branches, edges=tuple(f"first > b{n}" for n in range(5)))
    run = runtime.start(with_budget(spec, tokens=10))

    question = asked(runtime, run)
    runtime.answer(run, question["id"], 10)

    assert runtime.ended(run)["status"] == "completed"
    assert len(runtime.events(run, "human.requested")) == 1
    assert sum(ledger.counts().values()) == 6


def test_what_was_spent_and_raised_is_known_after_a_crash(runtime: Runtime, ledger: Ledger) -> None:
    worker = runtime.worker()
    nodes = [spending(ledger, name, tokens=100) for name in "abcd"]
    nodes[2] = spending(ledger, "c", tokens=100, wait_s=5)
    spec = flow(*nodes, edges=("a > b", "b > c", "c > d"), outputs={"last": "d"})
    run = runtime.start(with_budget(spec, tokens=150))
    runtime.answer(run, asked(runtime, run)["id"], 200)
    until(lambda: len(runtime.events(run, "node.spent")) == 3, "c has said what it costs")

    worker.kill()
    runtime.worker()

    again = asked(runtime, run)
    assert "400 of 350 tokens" in again["text"], "c was paid twice, and that counts"
    runtime.answer(run, again["id"], 1000)
    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"a": 1, "b": 1, "c": 2, "d": 1}


def test_a_failed_attempt_costs_too(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    policy = Policy(timeout_s=1.5, retry=Retry(attempts=3, backoff_s=0), budget=Budget(tokens=15))
    run = runtime.start(flow(spending(ledger, "a", policy, tokens=10, wait_s=60)))

    question = asked(runtime, run)

    assert "20 of 15 tokens" in question["text"]
    runtime.answer(run, question["id"], 0)
    assert runtime.ended(run)["error"]["code"] == "budget_exceeded"


def test_the_budget_of_a_flow_inside_counts_what_is_inside(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    inner = chain(ledger, tokens=100)
    spec = FlowSpec(
        name="outer",
        nodes=(
            Node(id="part", block="flow:inner", policy=Policy(budget=Budget(tokens=150))),
            spending(ledger, "outside", tokens=1000),
        ),
        flows={"inner": inner},
    )
    run = runtime.start(spec)

    question = asked(runtime, run)

    assert question["text"].startswith("The budget of part is used up: 200 of 150")
    assert ledger.counts()["outside"] == 1, "what is outside does not count, and goes on"
    runtime.answer(run, question["id"], 1000)
    assert runtime.ended(run)["status"] == "completed"


def test_money_in_another_currency_than_the_budgets_is_an_error_that_says_so(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = runtime.start(with_budget(chain(ledger, money="1", currency="EUR"), money=5))

    assert runtime.ended(run)["error"]["code"] == "currency_mismatch"
    assert ledger.counts() == {"a": 1}


def test_an_answer_that_is_neither_is_refused_and_the_run_waits_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = runtime.start(with_budget(chain(ledger, tokens=1), tokens=0))
    question = asked(runtime, run)

    for answer in (-5, "more", None, True):
        with pytest.raises(WrongAnswer):
            runtime.answer(run, question["id"], answer)

    assert runtime.run(run)["status"] == "waiting"


def test_what_is_spent_for_items_counts_for_the_run_and_one_question_lets_all_go_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    address = ledger.address

    @pai.flow(budget={"tokens": 20})
    def main(names: list[str]) -> list[str]:
        return pai.each(names, lambda name: spend(address, name, tokens=10), at_once=2)

    run = runtime.start(main.spec, names=list("abcdef"))
    question = asked(runtime, run)
    runtime.answer(run, question["id"], 100)

    assert runtime.ended(run)["outputs"] == {"result": {"json": list("abcdef")}}
    assert len(runtime.events(run, "human.requested")) == 1
    assert sum(ledger.counts().values()) == 6
