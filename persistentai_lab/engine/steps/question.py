"""The block `human.ask`, as the engine runs it: a question, and an answer of the asked type."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...blocks.registry import find_block
from ...errors import NodeError, Unanswered
from ...events import model as events
from ...flow.follow import type_named
from ...flow.literals import schema_misfit, value_misfit
from ...flow.payload import Payload
from ...ids import Json, JsonSchema
from ..records.record import Question
from ..records.values import Value

SHOWN = "shown"
OTHERWISE = "otherwise"


def wishes(block: str, version: int, inputs: Mapping[str, Payload]) -> dict[str, Any]:
    """What the node was given, checked. Raises `NodeError`."""
    rest = {name: payload for name, payload in inputs.items() if name != SHOWN}
    wished: dict[str, Any] = find_block(block, version).load_inputs(rest)
    why = schema_misfit(type_named(wished["answer"]))
    if why is not None:
        raise NodeError(
            f"No answer could be of the type that is asked for: {why}",
            remedy="Use a word such as 'integer', or a JSON Schema.",
        )
    otherwise = wished[OTHERWISE]
    wanted = answer_type(wished["answer"], tuple(wished["choices"]))
    if otherwise is not None and (why := value_misfit(otherwise, wanted)):
        raise NodeError(
            f"What holds `otherwise` is no answer to the question: {why}",
            remedy="Give one that is, or leave it out.",
        )
    return wished


def fact_of(
    question: str, wished: Mapping[str, Any], shown: Value | None, due: datetime | None
) -> events.HumanRequested:
    """The event that tells of the question."""
    choices = tuple(wished["choices"])
    return events.HumanRequested(
        question=question,
        text=wished["text"],
        choices=choices,
        kind="ask",
        asked=tuple(wished["to"]),
        answer_type=answer_type(wished["answer"], choices),
        inputs={} if shown is None else {SHOWN: shown.info},
        due=due,
        at_expiry=None if due is None else _at_expiry(wished),
    )


def answer_type(asked: Json, choices: tuple[str, ...]) -> JsonSchema:
    """What an answer has to be."""
    return {"type": "string", "enum": list(choices)} if choices else type_named(asked)


def answer_at_expiry(wished: Mapping[str, Any]) -> dict[str, Json]:
    """What is recorded when nobody answers in time."""
    if _at_expiry(wished) == "fail":
        return {"choice": "fail"}
    return {"choice": OTHERWISE, "value": wished[OTHERWISE]}


def _at_expiry(wished: Mapping[str, Any]) -> str:
    return "fail" if wished[OTHERWISE] is None else OTHERWISE


def told(question: Question) -> Json:
    """What was answered. Raises `Unanswered` when nobody did, and nothing stands in for it."""
    assert question.answer is not None
    if "value" not in question.answer:
        raise Unanswered(
            "Nobody answered in time.",
            remedy="Ask again with more time, ask somebody else, or say what holds `otherwise`.",
        )
    return question.answer["value"]
