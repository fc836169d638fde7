"""Steps that wait for a time or a signal, and those that emit: the engine itself is their body.

A wait is a row beside people's questions: a time that has come, or a signal, is its answer. So what
parking, pausing, cancelling and crashes mean for a question, they mean for a wait.
"""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...blocks.registry import find_block
from ...errors import NodeError, ValueTooLarge, WaitTimedOut, WrongType
from ...events import model as events
from ...flow.follow import type_named
from ...flow.literals import schema_misfit, value_misfit
from ...flow.payload import JSON, Payload
from ...ids import Json
from ..clock import now
from ..records.batch import Batch, QuestionRow, SignalRow
from ..records.facts import DEPTH_MAX, facts_of, is_deep
from ..records.record import Question
from ..records.values import Value, raw_object
from .asking import row_of
from .saying import plain
from .step import Step

HANDED_ON = ("value", "after")
"""Inputs that are not looked at."""
SIGNAL_MAX = 256 * 1024
TIMED_OUT = "timed_out"


class WaitStep(Step):
    """Waits, and records what came of it."""

    async def attempt(self) -> bool:
        """Wait once. Raises `NodeError` when it was in vain."""
        self._begin()
        arriving = self._arriving()
        handed = {name: arriving.pop(name) for name in HANDED_ON if name in arriving}
        inputs = await self._fetched(arriving)
        wished = find_block(self._node.block, self._node.version).load_inputs(inputs)
        row, fact = await self._wait(wished)
        told = Batch(events=[self._event(fact)])
        asked = await self._waits(row, told)
        self._begun = (now(), time.monotonic())
        output = await self._outcome(wished, asked, handed.get("value"))
        outputs = {"result": await self._leg._values.recordable(output)}
        self._scope.outputs[self._key] = outputs
        facts = [*_received(asked), self._completed(outputs)]
        await self._leg._recorder.commit(
            Batch(
                steps=[self._row("completed", outputs=raw_object(outputs))],
                events=[self._event(fact) for fact in facts],
            )
        )
        return True

    async def _wait(self, wished: Mapping[str, Any]) -> tuple[QuestionRow, events.Event]:
        """The row that waits, and the event that tells of it."""
        wait = f"{self._path}#wait-{self._number}"
        people = self._leg._people
        match self._node.block:
            case "time.sleep":
                due = await people.due(wait, wished["seconds"])
                return self._bare(wait, "timer", due), events.WaitBegun(kind="timer", due=due)
            case "time.sleep_until":
                due = wished["moment"]
                return self._bare(wait, "timer", due), events.WaitBegun(kind="timer", due=due)
            case "signals.wait_for":
                if why := schema_misfit(type_named(wished["value_type"])):
                    raise NodeError(
                        f"No value could be of the type that is waited for: {why}",
                        remedy="Use a word such as 'integer', or a JSON Schema.",
                    )
                due = await people.due(wait, wished["timeout_s"])
                row = self._bare(wait, "signal", due)
                row.topic, row.match = plain(wished["name"]), _match_of(wished)
                return row, events.WaitBegun(
                    kind="signal", due=due, signal=row.topic, match=wished["match"]
                )
        due = await people.due(wait, wished["timeout_s"])
        asked = events.HumanRequested(
            question=wait,
            text=plain(wished["text"]),
            choices=("open",),
            kind="gate",
            asked=tuple(wished["to"]),
            due=due,
            at_expiry=None if due is None else wished["at_timeout"],
        )
        row = row_of(
            asked,
            path=self._path,
            node=self._id,
            attempt=self._number,
            at_expiry={"choice": wished["at_timeout"]},
        )
        if wished["opens_on"] is not None:
            row.topic, row.match = plain(wished["opens_on"]), _match_of(wished)
        return row, asked

    def _bare(self, wait: str, kind: str, due: datetime | None) -> QuestionRow:
        return QuestionRow(
            wait,
            self._path,
            self._id,
            self._number,
            "",
            [],
            kind=kind,
            due=None if due is None else due.isoformat(),
            at_expiry=json.dumps({"choice": TIMED_OUT}),
        )

    async def _outcome(
        self, wished: Mapping[str, Any], asked: Question, handed: Value | None
    ) -> Value:
        """What the step gives on. Raises `WaitTimedOut`."""
        answer = asked.answer or {}
        if "value" in answer and self._node.block == "signals.wait_for":
            if why := value_misfit(answer["value"], type_named(wished["value_type"])):
                raise WrongType(
                    f"The signal {wished['name']!r} came with another value: {why}",
                    remedy="Emit what is waited for, or wait for what is emitted.",
                )
            return await self._kept(answer["value"])
        if self._node.block == "signals.wait_for":
            if wished["otherwise"] is None:
                raise WaitTimedOut(
                    f"No signal {wished['name']!r} came in time.",
                    remedy="Wait longer, or say what holds `otherwise`.",
                )
            return await self._kept(wished["otherwise"])
        if answer.get("choice") == "fail":
            raise WaitTimedOut(
                "Nobody opened the gate in time.", remedy="Wait longer, or ask somebody else."
            )
        return Value.of_json(None) if handed is None else handed

    async def _kept(self, value: Json) -> Value:
        return await self._leg._values.keep(Payload(json.dumps(value).encode()))


class EmitStep(Step):
    """Emits a signal together with its record."""

    async def attempt(self) -> bool:
        """Emit. Raises `NodeError` when this can be no signal."""
        self._begin()
        arriving = self._arriving()
        value = arriving.pop("value", None) or Value.of_json(None)
        block = find_block(self._node.block, self._node.version)
        wished: dict[str, Any] = block.load_inputs(await self._fetched(arriving))
        raw = _raw(await self._leg._values.fetch(value))
        outputs = {"result": await self._leg._values.recordable(value)}
        self._scope.outputs[self._key] = outputs
        name = plain(wished["name"])
        facts: list[events.Event] = [
            events.NodeStarted(block=self._node.block, worker=self._leg._worker),
            events.SignalEmitted(signal=name, value=value.info),
            self._completed(outputs),
        ]
        batch = Batch(
            steps=[self._row("completed", outputs=raw_object(outputs))],
            events=[self._event(fact) for fact in facts],
            signals=[SignalRow(name, self._path, raw, facts_of(raw), wished["keep_s"])],
        )
        await self._leg._recorder.commit(batch)
        self._leg._people.emitted()
        return True


WAITS = frozenset({"time.sleep", "time.sleep_until", "signals.wait_for", "control.gate"})
EMIT = "signals.emit"


def _raw(payload: Payload) -> str:
    """What is emitted, as JSON text. Raises `NodeError`."""
    if payload.media_type != JSON:
        raise NodeError(
            f"A signal carries JSON, and this is {payload.media_type}.",
            remedy="Emit what names it, such as a path or an id.",
        )
    if len(payload.data) > SIGNAL_MAX:
        raise ValueTooLarge(
            f"A signal carries {SIGNAL_MAX // 1024} KiB at most.",
            remedy="Emit what names it, such as a path or an id.",
        )
    text = bytes(payload.data).decode()
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise NodeError(
            f"A signal carries JSON, and {error} is none.", remedy="Use null instead."
        ) from None
    if is_deep(value):
        raise NodeError(
            f"A signal's value has more than {DEPTH_MAX} levels.", remedy="Emit a flatter one."
        )
    return text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _match_of(wished: Mapping[str, Any]) -> str | None:
    """What signals have to contain. Raises `NodeError`."""
    if not wished["match"]:
        return None
    match = facts_of(json.dumps(wished["match"]))
    if match is None:
        raise NodeError(
            "Nothing can be found by this `match`.",
            remedy="Leave out NUL characters, lone surrogates and deep nesting.",
        )
    return match


def _received(asked: Question) -> list[events.Event]:
    answer = asked.answer or {}
    if "signal" not in answer:
        return []
    return [events.SignalReceived.model_validate(answer["signal"])]
