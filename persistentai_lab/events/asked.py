"""What events mean for a question: asked, answered, or too late."""

from dataclasses import replace
from datetime import datetime

from . import model as on
from .view import Question


def requested(event: on.HumanRequested, at: datetime) -> Question:
    """The question as it was asked."""
    return Question(
        event.question,
        event.text,
        event.choices,
        at,
        kind=event.kind,
        asked=event.asked,
        answer_type=event.answer_type,
        block=event.block,
        inputs=event.inputs,
        inputs_hash=event.inputs_hash,
        due=event.due,
        at_expiry=event.at_expiry,
    )


def answered(question: Question, event: on.HumanAnswered, at: datetime) -> Question:
    """The question with the answer that somebody gave."""
    return replace(
        question,
        answer=event.answer,
        answered_by=event.by,
        answered_at=at,
        value=event.value,
        reason=event.reason,
        edited=event.edited,
        via=event.via,
    )


def expired(question: Question, event: on.HumanExpired, at: datetime) -> Question:
    """The question that nobody answered in time."""
    return replace(question, answer=event.outcome, expired_at=at)


def closed(question: Question, at: datetime) -> Question:
    """The question that nobody needs an answer to any more."""
    return replace(question, answer="moot", closed_at=at)
