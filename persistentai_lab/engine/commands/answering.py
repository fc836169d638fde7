"""A person's answer: who may give it, whether it fits, and what it sets going.

Of two answers one wins, of an answer and an expiry too: both hold the run's row.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ...errors import (
    AnsweredAlready,
    EditInvalid,
    NotAsked,
    Problem,
    QuestionExpired,
    QuestionMoot,
    QuestionNotFound,
    RunEnded,
    RunNotFound,
    WrongAnswer,
)
from ...events import model as events
from ...flow.describe import describe
from ...flow.literals import value_misfit
from ...ids import Json, RunId
from ...security.identity import Identity
from ..legs import LegQueue
from ..records.record import Version, parse_version
from ..records.values import Value
from ..steps.stopping import told_moot
from .append import append, execute
from .decided import insist_on_outputs
from .waking import wake

UNFINISHED = ("queued", "running", "waiting", "paused")
ANSWER_MAX = 1024 * 1024
SAID_MAX = 200
"""Characters of an answer of one's own words that its event repeats."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person says."""

    answer: Json
    """A choice; for questions in one's own words, the value."""
    inputs: Mapping[str, Json] = field(default_factory=dict)
    """To approve with other inputs: those that are changed."""
    outputs: Mapping[str, Json] = field(default_factory=dict)
    """To take an interrupted step as done: what it would have returned."""
    reason: str = ""
    via: str = ""
    """Where it is said: `cell`, `panel`, `cli`, …"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it is kept, and the state of its run."""

    status: str
    leg: int
    path: str
    node: str
    attempt: int
    kind: str
    choices: list[str]
    asked: list[str]
    answer_type: dict[str, Json] | None
    answer: dict[str, Json] | None
    answered_by: str | None
    answered_at: datetime | None
    is_late: bool


def answer(
    queue: LegQueue,
    connection: sa.Connection,
    run: RunId,
    question: str,
    reply: Reply,
    by: Identity,
) -> bool:
    """Record an answer and let the run go on. True when a leg was queued for that.

    Raises:
        RunNotFound, QuestionNotFound: There is no such run or question.
        NotAsked: It is for somebody else.
        AnsweredAlready: Somebody was first; says who.
        QuestionExpired, QuestionMoot, RunEnded: It is too late.
        WrongAnswer, AnswerIncomplete, EditInvalid: The answer does not fit the question.
    """
    key = {"run": run, "question": question, "workspace": by.workspace}
    asked = _locked(connection, key)
    _insist_that_it_is_open(asked, run, by)
    recorded, fact = _fitting(connection, key, asked, reply, question, by)
    execute(
        connection,
        _ANSWER,
        key
        | {
            "answer": _dumped(recorded),
            "by": by.user,
            "reason": reply.reason,
            "via": reply.via,
        },
    )
    append(connection, run, [fact], paths=[asked.path], nodes=[asked.node], attempt=asked.attempt)
    return wake(queue, connection, run, asked.status, asked.leg)


def _locked(connection: sa.Connection, key: Mapping[str, str]) -> _Asked:
    state = execute(connection, _LOCK_RUN, key).one_or_none()
    if state is None:
        raise RunNotFound(RunId(key["run"]))
    row = execute(connection, _QUESTION, key).one_or_none()
    if row is None:
        raise QuestionNotFound(
            f"Run {key['run']} asks no question {key['question']!r}.",
            remedy=f"`persistentai questions {key['run']}` lists what it asks.",
        )
    return _Asked(*state, *row)


def _insist_that_it_is_open(asked: _Asked, run: RunId, by: Identity) -> None:
    if asked.asked and by.user not in asked.asked:
        raise NotAsked(
            f"This question is for {_listed(asked.asked)}, not for {by.user}.",
            remedy="Ask one of them to answer, or have the flow ask somebody else.",
        )
    if asked.answer is not None and asked.answered_by is not None:
        raise AnsweredAlready(
            f"{asked.answered_by} has answered this question already.",
            remedy=f"The answer was {_said(asked.answer)!r}; the run goes on with it.",
        )
    moot = told_moot(asked.answer)
    if moot and (moot.is_final or asked.status in UNFINISHED):
        raise QuestionMoot(moot.text, remedy="There is nothing to do; the run goes on without it.")
    if asked.status not in UNFINISHED:
        raise RunEnded(
            f"Run {run} has ended ({asked.status}); its questions are moot.",
            remedy="Run the flow again to be asked again.",
        )
    if asked.answer is not None or asked.is_late:
        raise QuestionExpired(
            "The time to answer this question is over.",
            remedy="Run the flow again, with more time if need be.",
        )


def _fitting(
    connection: sa.Connection,
    key: Mapping[str, str],
    asked: _Asked,
    reply: Reply,
    question: str,
    by: Identity,
) -> tuple[dict[str, Json], "events.HumanAnswered"]:
    """The answer as it is kept, and the event that tells of it. Raises what is wrong with it."""
    if asked.kind == "ask":
        _insist_on_type(asked.answer_type or {}, reply.answer)
        value = Value.of_json(reply.answer).info
        recorded: dict[str, Json] = {"value": reply.answer}
        return recorded, events.HumanAnswered(
            question=question,
            answer=_said(recorded),
            by=by.user,
            value=value,
            reason=reply.reason,
            via=reply.via,
        )
    choice = _choice(asked, reply)
    recorded = {"choice": choice}
    edited: dict[str, events.ValueInfo] = {}
    if choice == "done":
        insist_on_outputs(_version(connection, key), asked.node, reply.outputs)
        recorded["outputs"] = dict(reply.outputs)
    if choice == "edit":
        _insist_on_inputs(_version(connection, key), asked.node, reply.inputs)
        recorded["inputs"] = dict(reply.inputs)
        edited = {name: Value.of_json(value).info for name, value in reply.inputs.items()}
    return recorded, events.HumanAnswered(
        question=question,
        answer=choice,
        by=by.user,
        reason=reply.reason,
        edited=edited,
        via=reply.via,
    )


def _choice(asked: _Asked, reply: Reply) -> str:
    choice = reply.answer
    if choice == "approve" and reply.inputs and "edit" in asked.choices:
        choice = "edit"
    if not isinstance(choice, str) or choice not in asked.choices:
        raise WrongAnswer(
            f"{reply.answer!r} is no answer to this.",
            remedy=f"Choose one of: {', '.join(asked.choices)}.",
        )
    if choice == "reject" and not reply.reason.strip():
        raise WrongAnswer(
            "A rejection needs a reason.", remedy="Say in a few words why not, as `reason`."
        )
    if choice == "edit" and not reply.inputs:
        raise WrongAnswer(
            "Nothing is changed.", remedy="Send the changed `inputs`, or approve as it is."
        )
    return choice


def _insist_on_type(answer_type: dict[str, Json], answer: Json) -> None:
    why = value_misfit(answer, answer_type)
    if why is None and len(json.dumps(answer)) > ANSWER_MAX:
        why = f"It has more than the {ANSWER_MAX // 1024} KiB that an answer may have."
    if why is not None:
        choices = answer_type.get("enum")
        remedy = f"It has to be {describe(answer_type)}."
        if isinstance(choices, list):
            remedy = f"Choose one of: {', '.join(map(str, choices))}."
        raise WrongAnswer(f"This is no answer to the question: {why}", remedy=remedy)


def _insist_on_inputs(version: Version, node_id: str, inputs: Mapping[str, Json]) -> None:
    problems = list(_misfits(version, node_id, inputs))
    if problems:
        raise EditInvalid(problems)


def _misfits(version: Version, node_id: str, inputs: Mapping[str, Json]) -> Iterator[Problem]:
    version, node = version.locate(node_id)
    signature = version.signature(node)
    for name, value in inputs.items():
        port = signature.input(name)
        if port is None:
            known = ", ".join(each.name for each in signature.inputs)
            message = f"There is no input {name!r}."
            yield Problem("unknown_port", message, f"There are: {known}.", node_id, name)
        elif why := value_misfit(value, port.type):
            remedy = "Write a value of the port's type."
            yield Problem("bad_value", why, remedy, node_id, name)
        elif len(json.dumps(value)) > ANSWER_MAX:
            message = f"It has more than the {ANSWER_MAX // 1024} KiB that may be typed in."
            remedy = "Reject it, and change what feeds the step."
            yield Problem("too_large", message, remedy, node_id, name)


def _version(connection: sa.Connection, key: Mapping[str, str]) -> Version:
    return parse_version(*execute(connection, _PINNED, key).one())


def _said(answer: Mapping[str, Json]) -> str:
    """An answer in a few words."""
    said = answer["value"] if "value" in answer else answer["choice"]
    text = said if isinstance(said, str) else json.dumps(said)
    text = text.encode(errors="replace").decode()
    return text if len(text) <= SAID_MAX else f"{text[: SAID_MAX - 1]}…"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _dumped(value: Any) -> str:
    return json.dumps(value)


_LOCK_RUN = """
SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s FOR UPDATE
"""
_QUESTION = """
SELECT path, node, attempt, kind, choices, asked, answer_type, answer, answered_by, answered_at,
       coalesce(due <= clock_timestamp(), false)
FROM pai.question WHERE run = %(run)s AND id = %(question)s AND kind NOT IN ('timer', 'signal')
"""
_ANSWER = """
UPDATE pai.question SET answer = %(answer)s, answered_by = %(by)s, answered_at = clock_timestamp(),
    reason = %(reason)s, answered_from = %(via)s
WHERE run = %(run)s AND id = %(question)s
"""
_PINNED = """
SELECT v.spec::text, v.plan::text, v.signatures::text
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash) WHERE r.id = %(run)s
"""
