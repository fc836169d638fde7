"""A node at work, as any kind of step is one: what it is given, how it is recorded and stopped."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...events import model as events
from ...events import quick
from ...flow.model import Approval, Node, Retry
from ...flow.payload import Payload
from ...flow.signature import Effect, Signature
from ...ids import Json, NodeId, Path
from ..bodies.context import Errand
from ..clock import now
from ..policies.keeper import Kept
from ..policies.spending import Sum
from ..records.batch import Batch, EventRow, RawJson, StepRow
from ..records.place import place_of
from ..records.record import Attempt, Question
from ..records.values import Value, raw_object
from ..scope import Scope
from . import approval
from .stopping import Why

if TYPE_CHECKING:
    from .steps import Steps


_NEVER = ("", 0.0)
_NO_LITERALS: dict[str, Json] = {}
LOST = events.ErrorInfo(
    code="worker_lost",
    message="The worker stopped before this attempt was recorded.",
    remedy="Nothing to do: the next attempt follows.",
)


class NodeStep:
    """What a step knows of its node, and the rows and events that its attempts become."""

    runs_others = False
    """Whether it has no body of its own."""

    def __init__(self, leg: "Steps", scope: Scope, node_id: NodeId) -> None:
        self._leg = leg
        self._scope = scope
        self._record = leg._record
        self._key = node_id
        self._place = place = place_of(scope.version, node_id)
        self._node: Node = place.node
        self._id = scope.id_of(node_id)
        self._path = scope.path_of(node_id)
        self._signature: Signature = place.signature
        self._retry: Retry = place.retry
        self._timeout_s = place.timeout_s
        self._approval: Approval | None = place.approval
        self._past: Sequence[Attempt] = leg._record.attempts.get(self._path, ())
        self._number = self._past[-1].number if self._past else 0
        self._failures = _failures(self._past) if self._past else 0
        asked = leg._record.questions.get(self._path)
        self._group = _group(asked) if asked else 1
        self._begun = (now(), time.monotonic()) if self._past else _NEVER
        self._policies: Kept | None = None
        if leg._keeper is not None:
            self._policies = leg._keeper.of(scope, self._node, self._id, self._signature)
        self._spent = Sum()
        self._is_open = False
        """Whether its body runs."""
        self._task = asyncio.current_task()
        self._asks: str | None = None
        """The question that it waits for an answer to."""
        last = self._past[-1] if self._past else None
        self.is_acting = (
            self._signature.effect is Effect.WRITE and last is not None and last.status == "started"
        )
        """Whether it is changing the world, or was when its worker was lost. Then it is not stopped
        by anything but a cancel of its run: nobody could tell afterwards whether it had."""
        self._is_between = last is None or last.status != "started"
        """Whether no attempt is under way."""
        self._is_over = False
        self._is_stopped = node_id in scope.unneeded

    @property
    def next_attempt(self) -> tuple[Path, NodeId, int]:
        """Where it stands, and the number that its next attempt has."""
        return self._path, self._id, self._number + 1

    @property
    def may_run_ahead(self) -> bool:
        """Whether it may begin while what it depends on is not recorded yet.

        Not when anything of it leaves the run, or is seen by others: they must never learn of what
        a crash could still undo.
        """
        return self._place.only_looks and self._policies is None

    @property
    def may_be_called_again(self) -> bool:
        """Whether it was changing the world when its worker was lost, under a key."""
        return self.is_acting and not self._is_unkeyed_write

    @property
    def _is_unkeyed_write(self) -> bool:
        return self._signature.effect is Effect.WRITE and not self._signature.keyed

    async def inputs(self) -> dict[str, Payload]:
        """What the body is called with."""
        return await self._fetched(self.given())

    def given(self) -> dict[str, Value]:
        """What the node is given, with what a person has changed before they allowed it."""
        edited = approval.recorded_edits(self._record.questions.get(self._path, []))
        return {**self._arriving(), **{name: Value.of_json(it) for name, it in edited.items()}}

    def _arriving(self) -> dict[str, Value]:
        """What the node is given: its literals, and what its edges bring."""
        inputs = dict(self._place.literals)
        for port, literal in self._record.literals.get(self._path, _NO_LITERALS).items():
            inputs[port] = Value.of_json(literal)
        outputs = self._scope.outputs
        for port, node, name in self._place.feeds:
            if node in outputs and name in outputs[node]:
                inputs[port] = outputs[node][name]
        return inputs

    async def _fetched(self, inputs: dict[str, Value]) -> dict[str, Payload]:
        return await self._leg._values.fetch_all(inputs)

    @property
    def _errand(self) -> Errand:
        return Errand(self._record.run, self._path, self._number, self._group)

    def _begin(self) -> None:
        self._number += 1
        self._is_between = False
        self._begun = (now(), time.monotonic())

    def stop(self, why: Why, *, whole: bool) -> Batch:
        """Let it wait no longer; if `whole`, end its body too, as that of a cancelled run is ended.

        Returns what is to be recorded. One that has its outcome is left alone, and so is a `write`
        in the middle: it ends, and is recorded, but is not tried again.
        """
        has_ended = self._is_stopped or self._is_over or self._key in self._scope.outputs
        if has_ended or not (whole or self._asks):
            return Batch()
        self._is_stopped = True
        if self.is_acting and not self._asks:
            return Batch()
        self._end()
        return self._skipped(why)

    def _end(self) -> None:
        """End its task, if it has one by now."""
        if self._task is not None and self._key in self._scope.at_work:
            self._task.cancel()

    def _skipped(self, why: Why) -> Batch:
        closed = [why.closes(self._asks)] if self._asks else []
        if self.is_acting:  # in doubt, and so it stays: nobody is asked any more
            return Batch(closed=closed)
        self._is_open = False  # what its body still says is not heard
        self._scope.skipped.add(self._key)
        self._number += self._is_between
        row = self._row("skipped")
        if self._is_between:
            row.started_at = None
        return Batch(steps=[row], events=[self._event(why.fact)], closed=closed)

    async def _done(self, outputs: dict[str, Value]) -> None:
        """Record what a person said in place of a body."""
        self._scope.outputs[self._key] = outputs
        row = self._row("completed", outputs=raw_object(outputs))
        fact = self._event(self._completed(outputs))
        await self._leg._recorder.commit(Batch(steps=[row], events=[fact]))

    def _again(self, cause: str) -> None:
        row = self._row("failed", error=LOST.model_dump_json())
        retried = events.NodeRetried(cause=cause, error=LOST)
        self._leg._recorder.ride(
            Batch(steps=[row], events=[self._event(retried, self._number + 1)])
        )

    @property
    def _duration_s(self) -> float:
        return round(time.monotonic() - self._begun[1], 6)

    def _row(self, status: str, *, outputs: str | None = None, error: str | None = None) -> StepRow:
        return StepRow(
            self._path,
            self._number,
            self._id,
            self._node.block,
            self._node.version,
            self._signature.effect,
            status,  # type: ignore[arg-type]
            started_at=self._begun[0],
            ended_at=None if status == "started" else now(),
            outputs=outputs,
            error=error,
            inside=self._scope.outer is not None,
            cost=self._spent.record,
        )

    def _completed(self, outputs: dict[str, Value]) -> events.NodeCompleted:
        infos = {name: value.info for name, value in outputs.items()}
        return events.NodeCompleted(duration_s=self._duration_s, outputs=infos)

    def _end_of(self, outputs: dict[str, Value]) -> tuple[StepRow, EventRow]:
        row = self._row("completed", outputs=raw_object(outputs))
        assert row.ended_at is not None
        infos = [(name, value.info_text) for name, value in outputs.items()]
        return row, self._told(row.ended_at, quick.completed(self._duration_s, infos))

    def _told(self, at: str, fact: RawJson) -> EventRow:
        return EventRow(at, fact, self._path, self._id, self._number)

    def _event(self, fact: "events.Event", attempt: int | None = None) -> EventRow:
        return EventRow(
            now(), fact.model_dump_json(), self._path, self._id, attempt or self._number
        )

    def _tell(self, fact: "events.Event") -> None:
        self._leg._recorder.ride(Batch(events=[self._event(fact)]))


def _failures(past: Sequence[Attempt]) -> int:
    return sum(1 for each in past if each.error and each.error["code"] != LOST.code)


def _group(questions: Sequence[Question]) -> int:
    answers = [asked.answer for asked in questions if asked.answer]
    return 1 + sum(answer.get("choice") == "again" for answer in answers)
