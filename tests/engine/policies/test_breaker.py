"""A circuit breaker: opens after so many failures, lets one try, closes when that works."""

from persistentai_lab.flow.model import Breaker, FlowSpec, Policy, Retry
from tests.ledger import Ledger
from tests.runtime import Runtime, flow, mine, node

BREAKER = Breaker(failures=2, open_s=3600, key="the bank")


def calling(ledger: Ledger, block: str, retry: Retry | None = None) -> FlowSpec:
    policy = Policy(breaker=BREAKER, retry=retry)
    given = {"message": "no"} if block == "fail" else {}
    return flow(
        node("a", mine(block), policy, address=ledger.address, name="call", **given)  # type: ignore[arg-type]
    )


def outcome(runtime: Runtime, spec: FlowSpec) -> str:
    row = runtime.ended(runtime.start(spec))
    return str(row["error"]["code"] if row["error"] else row["status"])


def hours_pass(runtime: Runtime) -> None:
    runtime.rows(
        "UPDATE pai.breaker SET opened_at = opened_at - interval '2 hours', "
        "tried_at = tried_at - interval '2 hours' RETURNING 1"
    )


def test_after_enough_failures_nobody_calls_and_the_error_says_when_it_is_tried_again(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    assert [outcome(runtime, calling(ledger, "fail")) for _ in range(2)] == ["raised", "raised"]

    row = runtime.ended(runtime.start(calling(ledger, "look")))

    assert row["error"]["code"] == "circuit_open"
    assert "the bank" in row["error"]["message"]
    assert "tried again in" in row["error"]["remedy"]
    assert ledger.counts()["call"] == 2


def test_once_it_was_open_for_a_while_one_tries_and_success_closes_it(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    for _ in range(2):
        outcome(runtime, calling(ledger, "fail"))
    hours_pass(runtime)

    assert outcome(runtime, calling(ledger, "fail")) == "raised", "one was let through"
    assert outcome(runtime, calling(ledger, "look")) == "circuit_open", "it failed, so it is open"
    hours_pass(runtime)
    assert outcome(runtime, calling(ledger, "look")) == "completed"
    assert outcome(runtime, calling(ledger, "fail")) == "raised"
    assert outcome(runtime, calling(ledger, "look")) == "completed", "one failure opens nothing"


def test_it_is_told_at_the_node_that_makes_it_turn(runtime: Runtime, ledger: Ledger) -> None:
    def turns(spec: FlowSpec) -> list[tuple[str, str]]:
        run = runtime.start(spec)
        runtime.ended(run)
        facts = runtime.events(run, "circuit.turned")
        assert {(row["node"], row["body"]["key"]) for row in facts} <= {("a", "the bank")}
        return [(row["body"]["state"], row["body"]["until"] is not None) for row in facts]

    runtime.worker()
    assert turns(calling(ledger, "fail")) == []
    assert turns(calling(ledger, "fail")) == [("open", True)]
    assert turns(calling(ledger, "fail")) == [], "it was open before"
    hours_pass(runtime)
    assert turns(calling(ledger, "fail")) == [("half_open", False), ("open", True)]
    hours_pass(runtime)
    assert turns(calling(ledger, "look")) == [("half_open", False), ("closed", False)]


def test_attempts_count_as_failures_and_one_that_finds_it_open_may_be_retried(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    run = runtime.start(calling(ledger, "fail", Retry(attempts=4, backoff_s=0.01)))

    assert runtime.ended(run)["error"]["code"] == "circuit_open"

    codes = [step["error"]["code"] for step in runtime.steps(run)]
    assert codes == ["raised", "raised", "circuit_open", "circuit_open"]
    assert ledger.counts()["call"] == 2


def test_failures_that_lie_too_far_back_do_not_count(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    outcome(runtime, calling(ledger, "fail"))
    runtime.rows("UPDATE pai.breaker SET failures = ARRAY[now() - interval '1 hour'] RETURNING 1")
    outcome(runtime, calling(ledger, "fail"))

    assert outcome(runtime, calling(ledger, "look")) == "completed"
