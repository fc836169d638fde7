from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

import persistentai_lab as pai
from persistentai_lab.blocks import block, builtin_registry, catalogue
from persistentai_lab.errors import NodeError, TraceError
from persistentai_lab.flow.check import check
from persistentai_lab.flow.codec import dumps, loads
from persistentai_lab.flow.duration import seconds_of
from persistentai_lab.flow.model import Approval, FlowSpec, Node, Policy
from persistentai_lab.flow.trace import trace


class Size(BaseModel):
    width: int


@block(effect="write")
def send(to: str, amount: int = 1) -> str:
    """Change the world."""
    return to


@block
def double(number: int) -> int:
    """Need a number."""
    return 2 * number


def traced(func: Any) -> tuple[FlowSpec, dict[str, Any]]:
    spec, recorder = trace(func)
    return spec, {**catalogue(), **recorder.signatures}


def test_a_question_is_a_node_whose_answer_has_the_asked_type() -> None:
    def flow(draft: str) -> int:
        return double(pai.ask_human("How long?", draft, answer=int, to="ada", expires="2d"))

    spec, known = traced(flow)

    assert check(spec, known) == []
    assert spec.node("ask") == Node(
        id="ask",
        block="human.ask",
        values={"text": "How long?", "answer": "integer", "to": ["ada"], "expires_s": 172_800.0},
    )


def test_an_answer_of_the_wrong_type_is_a_problem_before_anybody_is_asked() -> None:
    def flow() -> int:
        return double(pai.ask_human("Which?", choices=["one", "two"]))

    (problem,) = check(*traced(flow))

    assert (problem.code, problem.node, problem.port) == ("type_mismatch", "double", "number")
    assert "String" in problem.message


def test_an_answer_in_ones_own_words_is_text() -> None:
    def flow() -> str:
        return send(pai.ask_human("To whom?"), 2)

    assert check(*traced(flow)) == []


@pytest.mark.parametrize(
    ("answer", "type_"),
    [
        (bool, "boolean"),
        ("number", "number"),
        ({"type": "array"}, {"type": "array"}),
        (list[str], {"items": {"type": "string"}, "type": "array"}),
    ],
)
def test_the_type_of_an_answer_is_said_as_python_says_it(answer: Any, type_: Any) -> None:
    spec, _ = traced(lambda: pai.ask_human("Well?", answer=answer))

    node = spec.node("ask")
    assert node is not None
    assert node.values["answer"] == type_


def test_an_answer_may_be_a_model() -> None:
    spec, known = traced(lambda: pai.ask_human("Which size?", answer=Size))

    assert check(spec, known) == []
    node = spec.node("ask")
    assert node is not None
    assert node.values["answer"]["title"] == "Size"  # type: ignore[index,call-overload]


def test_what_nobody_could_answer_is_refused_where_it_is_written() -> None:
    for wrong in (
        {"answer": object()},
        {"answer": bytes},
        {"expires": "soon"},
        {"expires": -1},
        {"expires": 0},
        {"expires": float("nan")},
        {"expires": timedelta(days=100_000)},
    ):
        with pytest.raises(TraceError) as caught:
            traced(lambda: pai.ask_human("Well?", **wrong))  # type: ignore[call-overload]  # noqa: B023
        assert caught.value.message


def test_outside_a_flow_nobody_is_asked() -> None:
    with pytest.raises(NodeError, match="Only a run"):
        pai.ask_human("Well?")


def test_a_block_says_that_it_needs_approval_and_the_file_keeps_it() -> None:
    def flow(to: str) -> str:
        return send.needs_approval(by="ada", expires="8h", at_expiry="fail", id="mail")(to)

    spec, known = traced(flow)

    wanted = Approval(by=("ada",), expires_s=28_800, at_expiry="fail")
    assert spec.node("mail") is not None
    assert spec.node("mail").policy == Policy(approval=wanted)  # type: ignore[union-attr]
    assert loads(dumps(spec)) == spec
    assert check(spec, known) == []


@pytest.mark.parametrize("approval", [True, {}, Approval()])
def test_any_approval_will_do_unless_more_is_said(approval: Any) -> None:
    spec, _ = traced(lambda: send.with_(approval=approval)("ada"))

    assert spec.nodes[0].policy == Policy(approval=Approval())


def test_an_approval_that_is_none_is_refused_with_all_that_is_wrong() -> None:
    with pytest.raises(TraceError, match=r"at_expiry.*who|who.*at_expiry"):
        send.with_(approval={"who": "ada", "at_expiry": "maybe"})


def test_without_a_run_a_block_that_needs_approval_is_a_function() -> None:
    assert send.needs_approval()("ada") == "ada"


def test_a_question_needs_no_approval() -> None:
    ask = builtin_registry()["human.ask"]

    (problem,) = check(*traced(lambda: ask.needs_approval()("Well?")))

    assert problem.code == "approval_of_question"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30s", 30),
        ("20 m", 1200),
        ("1.5h", 5400),
        ("2w", 1_209_600),
        (7, 7),
        (timedelta(1), 86_400),
    ],
)
def test_durations_are_said_as_people_say_them(told: Any, seconds: float) -> None:
    assert seconds_of(told) == seconds


@pytest.mark.parametrize("told", ["", "2", "soon", "-1h", "1y", True, None, float("inf")])
def test_what_is_no_duration_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds_of(told)
