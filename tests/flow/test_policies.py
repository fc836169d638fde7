"""Policies as people write them: in Python, in a file, in code; and what is wrong with some."""

from typing import Any

import pytest

from persistentai_lab.blocks import block
from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.errors import TraceError
from persistentai_lab.flow.check import check
from persistentai_lab.flow.codec import dumps, flow_hash, loads
from persistentai_lab.flow.expand import expand
from persistentai_lab.flow.flow import flow
from persistentai_lab.flow.model import Breaker, Budget, FlowSpec, Node, Policy, Rate, Retry
from persistentai_lab.flow.policies import breaker_of, budget_of, cache_of, rate_of
from persistentai_lab.flow.policy_problems import control_policy_problems
from persistentai_lab.flow.policy_words import told_policies


@block(effect="read")
def ask(question: str) -> str:
    """Ask a model."""
    return question


@block(effect="write")
def send(text: str) -> str:
    """Send it."""
    return text


def test_a_call_says_its_policies_and_the_code_of_the_flow_says_them_again() -> None:
    @flow(budget={"tokens": 1000})
    def report(question: str) -> str:
        asking = ask.with_(rate="10/min", cache="1h", breaker=3, budget={"money": 0.5})
        return asking(question)

    (node,) = report.spec.nodes
    code = report.to_code()

    assert node.policy == Policy(
        rate=Rate(times=10, per_s=60), cache_s=3600, breaker=Breaker(failures=3),
        budget=Budget(money=0.5),
    )  # fmt: skip
    assert report.spec.budget == Budget(tokens=1000)
    assert '@pai.flow(budget={"tokens": 1000})' in code
    assert "cache=3600.0" in code
    assert loads(dumps(report.spec)) == report.spec


def test_a_flow_inside_a_flow_may_have_a_budget_for_its_nodes_together() -> None:
    @flow(budget={"tokens": 5})
    def inner(question: str) -> str:
        return ask(question)

    @flow
    def outer(question: str) -> str:
        return inner.with_(id="part", budget={"money": 1.0})(question)

    whole = expand(outer.spec)

    assert outer.check() == []
    assert whole.budgets == {"part/": Budget(money=1.0), "part//": Budget(tokens=5)}
    assert "budget={" in outer.to_code()
    assert loads(dumps(whole)) == whole


def test_flows_from_before_these_policies_have_the_hash_that_they_always_had() -> None:
    spec = FlowSpec(
        name="old",
        nodes=(
            Node(
                id="a",
                block="numbers.add",
                values={"left": 1, "right": 2},
                policy=Policy(retry=Retry(attempts=3)),
            ),
        ),
    )

    assert flow_hash(spec) == "ffd91d64107fe06609a503660f1dace4f962c46227fec879ed911cee84a9f068"


@pytest.mark.parametrize(
    ("written", "times", "per_s"),
    [
        ("10/min", 10, 60),
        ("2/s", 2, 1),
        ("5/10s", 5, 10),
        ("100 / hour", 100, 3600),
        ("1/d", 1, 86400),
    ],
)
def test_rates_as_people_write_them(written: str, times: int, per_s: float) -> None:
    assert rate_of(written) == Rate(times=times, per_s=per_s)


@pytest.mark.parametrize("wrong", ["10", "0/min", "10/fortnight", "x/min", "-1/s", {"times": 1}, 5])
def test_what_is_no_rate_is_refused_with_what_is(wrong: Any) -> None:
    with pytest.raises(TraceError, match="10/min"):
        rate_of(wrong)


@pytest.mark.parametrize("wrong", ["soon", 0, -1, float("nan"), float("inf"), 1e12, True])
def test_what_is_no_time_to_keep_a_result_is_refused(wrong: Any) -> None:
    with pytest.raises(TraceError):
        cache_of(wrong)


def test_wrong_breakers_and_budgets_are_refused_with_what_they_have() -> None:
    for breaker in (0, -1, {"failures": 1, "open": 3}, {"open_s": float("inf")}, "often"):
        with pytest.raises(TraceError, match="open_s"):
            breaker_of(breaker)  # type: ignore[arg-type]
    for budget in ({"tokens": -1}, {"money": float("nan")}, {"currency": "dollars"}, {"euros": 1}):
        with pytest.raises(TraceError, match="tokens"):
            budget_of(budget)


def problems(*nodes: Node, **more: Any) -> dict[str | None, str]:
    known = {**catalogue(), **{it.name: it.signature for it in (ask, send)}}
    found = check(FlowSpec(name="f", nodes=nodes, **more), known)
    assert all(problem.remedy for problem in found)
    return {problem.node: problem.code for problem in found}


def of(block_name: str, policy: Policy, **values: Any) -> Node:
    return Node(id="n", block=block_name, values=values, policy=policy)


def test_a_deed_is_never_left_out_for_a_kept_result() -> None:
    cached = Policy(cache_s=60)

    assert problems(of(send.name, cached, text="x")) == {"n": "cache_of_deed"}
    assert problems(of(ask.name, cached, question="x")) == {}


def test_a_question_to_a_person_has_no_rate() -> None:
    rate = Policy(rate=Rate(times=1, per_s=1))

    assert problems(of("human.ask", rate, text="Well?")) == {"n": "policy_of_question"}


def test_a_budget_that_limits_nothing_is_a_problem_where_it_stands() -> None:
    asked = of(ask.name, Policy(budget=Budget()), question="x")

    assert problems(asked) == {"n": "budget_empty"}
    asking = of(ask.name, Policy(), question="x")
    assert problems(asking, budget=Budget(currency="EUR")) == {None: "budget_empty"}


def test_a_flow_as_a_node_takes_what_other_nodes_that_run_flows_take() -> None:
    inner = FlowSpec(name="inner", nodes=(of(ask.name, Policy(), question="x"),))
    kept = Policy(budget=Budget(tokens=1), cache_s=5)

    assert problems(of("flow:inner", kept), flows={"inner": inner}) == {"n": "flow_policy"}
    fine = Policy(budget=Budget(tokens=1), retry=Retry(attempts=3), timeout_s=60)
    assert problems(of("flow:inner", fine), flows={"inner": inner}) == {}
    empty = Policy(budget=Budget())
    assert problems(of("flow:inner", empty), flows={"inner": inner}) == {"n": "budget_empty"}


def test_a_call_of_a_flow_says_its_policies_and_code_says_them_again() -> None:
    @flow
    def inner(question: str) -> str:
        return ask(question)

    @flow
    def main(question: str) -> str:
        return inner.with_(retry={"attempts": 2, "backoff_s": 0.1}, timeout_s=60)(question)

    (called,) = main.spec.nodes
    assert called.policy == Policy(retry=Retry(attempts=2, backoff_s=0.1), timeout_s=60)
    code = main.to_code()
    assert 'inner.with_(retry={"attempts": 2, "backoff_s": 0.1}, timeout_s=60.0)(' in code
    (run,) = expand(main.spec).nodes
    assert (run.block, run.flows, run.policy) == ("control.call", {"body": "inner"}, called.policy)
    with pytest.raises(TraceError, match="no retry"):
        inner.with_(retry=0)


def test_policies_are_told_in_words_that_say_what_happens() -> None:
    policy = Policy(
        retry=Retry(attempts=3),
        timeout_s=90,
        rate=Rate(times=1, per_s=3600, key="a model"),
        cache_s=86_400 * 2,
        breaker=Breaker(failures=1, within_s=1.5),
        budget=Budget(tokens=1000, money=2.5, currency="EUR", seconds=60),
    )

    assert list(told_policies(policy)) == [
        "Tried 3 times at most",
        "Each attempt may take 90 seconds",
        "Starts once in 1 hour at most, with all of “a model”",
        "A result is used again for 2 days",
        "Not called for 30 seconds after 1 failure within 1.5 seconds",
        "Asks a person before it spends more than 1,000 tokens or 2.50 EUR or 1 minute of work",
    ]
    assert list(told_policies(None)) == list(told_policies(Policy())) == []


def test_a_node_that_runs_flows_takes_what_goes_for_flows_and_refuses_the_rest() -> None:
    every = Policy(
        retry=Retry(attempts=2),
        timeout_s=1,
        budget=Budget(tokens=1),
        cache_s=1,
        rate=Rate(times=1, per_s=1),
        breaker=Breaker(),
    )

    found = list(control_policy_problems(of("control.each", every)))

    told = sorted(problem.remedy for problem in found)
    assert told == [f"Set `{name}` on the nodes inside." for name in ("breaker", "cache", "rate")]
    fine = Policy(retry=Retry(attempts=2), timeout_s=1, budget=Budget(tokens=1))
    assert list(control_policy_problems(of("control.each", fine))) == []
    empty = list(control_policy_problems(of("control.each", Policy(budget=Budget()))))
    assert [problem.code for problem in empty] == ["budget_empty"]
    started = list(control_policy_problems(of("control.start", Policy(timeout_s=1))))
    assert [problem.code for problem in started] == ["flow_policy"]


def test_what_only_waits_has_no_policies() -> None:
    patient = Policy(timeout_s=5)

    assert problems(of("time.sleep", patient, seconds=1)) == {"n": "policy_without_body"}
    assert problems(of("control.race", patient, a=1)) == {"n": "policy_without_body"}
