"""A body that runs only when a person has seen what it will do, and said yes.

What is approved are exactly these inputs: their hash is part of the question's id, so that other
inputs are another question.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from ...errors import Rejected, Unanswered
from ...events import model as events
from ...flow.model import Approval, Node
from ...flow.signature import Signature
from ...ids import Json
from ..records.record import Question
from ..records.values import Value

CHOICES = ("approve", "edit", "reject")


def hash_of(node: Node, code: str | None, inputs: Mapping[str, Value]) -> str:
    """Names what would be done: this body on these inputs."""
    told = {name: value.sha256 or value.raw for name, value in sorted(inputs.items())}
    text = json.dumps([node.block, node.version, code, told])
    return hashlib.sha256(text.encode()).hexdigest()


def fact_of(
    question: str,
    signature: Signature,
    approval: Approval,
    inputs: Mapping[str, Value],
    inputs_hash: str,
    due: datetime | None,
) -> events.HumanRequested:
    """The event that tells of the question."""
    return events.HumanRequested(
        question=question,
        text=approval.text or f"May “{signature.title or signature.block}” run on these inputs?",
        choices=CHOICES,
        kind="approval",
        asked=approval.by,
        block=signature.block,
        inputs={name: value.info for name, value in inputs.items()},
        inputs_hash=inputs_hash,
        due=due,
        at_expiry=None if due is None else approval.at_expiry,
    )


def edits_of(question: Question) -> dict[str, Json]:
    """The inputs that were changed before they were approved.

    Raises:
        Rejected: A person said no, or nobody said anything and that means no.
        Unanswered: Nobody said anything, and that is an error.
    """
    assert question.answer is not None
    choice = question.answer["choice"]
    who = question.answered_by
    if choice == "fail":
        raise Unanswered("Nobody approved this step in time.", remedy=_REMEDY)
    if choice == "reject":
        said = f"{who} rejected this step" if who else "Nobody approved this step in time"
        why = f": {question.reason}" if question.reason else "."
        raise Rejected(f"{said}{why}", remedy=_REMEDY)
    edited = question.answer.get("inputs") or {}
    assert isinstance(edited, dict)
    return edited


def recorded_edits(questions: Iterable[Question]) -> dict[str, Json]:
    """The same for a step that has run; of several approvals the last one."""
    edited: dict[str, Json] = {}
    for question in questions:
        given = (question.answer or {}).get("inputs")
        edited = given if isinstance(given, dict) else edited
    return edited


_REMEDY = "Change what it would do, or whom it asks, and run it again."
