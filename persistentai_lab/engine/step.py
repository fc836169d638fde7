"""Runs the nodes of one leg: attempts, effects, retries, questions. Every outcome is recorded.

What an effect means for the commits (house plan §4.2):

- pure: nobody waits for its record; it rides along with the next commit.
- read: starts without waiting; what depends on it waits for its record.
- store: as read, and its memory writes share the record's commit.
- write: its start is committed before the body. After a crash in between, a keyed one is called
  again with the same key; for an unkeyed one a person decides.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable

from ..errors import BodyTimedOut, NodeError
from ..events import model as events
from ..flow.model import Node, Policy, Retry
from ..flow.payload import Payload
from ..flow.signature import Effect, Signature, code_unit
from ..ids import Json, NodeId, Path
from .body import Bodies, BodyDied, Done, Work
from .clock import now
from .code import Code
from .commit import Batch, EventRow, QuestionRow, StepRow
from .context import Errand, Say
from .pausing import Gate
from .record import Attempt, Question, Record
from .recorder import Recorder
from .saying import Saying, plain
from .scope import Scope
from .values import Value, Values, raw_object
from .walk import Walk

CHOICES = ["again", "done", "fail"]
LOST = events.ErrorInfo(
    code="worker_lost",
    message="The worker stopped before this attempt was recorded.",
    remedy="Nothing to do: the next attempt follows.",
)

log = logging.getLogger(__name__)


class Steps:
    """The nodes of one leg, in whichever scope."""

    may_use_network = True

    def __init__(
        self,
        record: Record,
        recorder: Recorder,
        bodies: Bodies,
        values: Values,
        *,
        worker: str,
        gate: Gate,
        read_code: Callable[[str], Awaitable[Code]],
        read_memory: Callable[[str], Awaitable[Json]],
    ) -> None:
        self._record = record
        self._recorder = recorder
        self._bodies = bodies
        self._values = values
        self._worker = worker
        self.gate = gate
        self._read_code = read_code
        self._read_memory = read_memory
        self.root = Scope.of_run(record)
        self.asked: list[str] = []
        """Questions that keep a node from going on."""

    async def walk(self, scope: Scope) -> None:
        """Walk a flow as far as it goes. Nothing new starts once a node has failed.

        What runs then may finish, and is recorded.
        """

        async def run(node: NodeId) -> bool:
            return not scope.is_stopping and await self.run(scope, node)

        await Walk(scope.version.plan.before, scope.done, run).to_the_end()

    async def run(self, scope: Scope, node_id: NodeId) -> bool:
        """Run a node to its end. True when its outputs are there."""
        step = _Step(self, scope, node_id)
        if not await self.gate.lets(*step.next_attempt, step.inputs):
            return False
        if not await step.may_begin():
            return node_id in scope.outputs
        while True:
            try:
                return await step.attempt()
            except NodeError as error:
                if not await step.failed(error):
                    return False


class _Step:
    """One node's attempts."""

    def __init__(self, leg: Steps, scope: Scope, node_id: NodeId) -> None:
        self._leg = leg
        self._scope = scope
        self._record = leg._record
        self._key = node_id
        self._node: Node = scope.version.nodes[node_id]
        self._id = scope.id_of(node_id)
        self._path = scope.path_of(node_id)
        self._signature: Signature = scope.version.signature(self._node)
        policy = self._node.policy or Policy()
        self._retry: Retry = policy.retry or self._signature.retry
        self._timeout_s = policy.timeout_s or self._signature.timeout_s
        self._past: list[Attempt] = leg._record.attempts.get(self._path, [])
        self._number = self._past[-1].number if self._past else 0
        self._failures = sum(
            1 for past in self._past if past.error and past.error["code"] != LOST.code
        )
        self._questions: list[Question] = leg._record.questions.get(self._path, [])
        self._group = 1 + sum(
            1 for q in self._questions if q.answer and q.answer["choice"] == "again"
        )
        self._begun = (now(), time.monotonic())

    async def may_begin(self) -> bool:
        """Settle what an earlier leg left behind. False when the body is not to run (now)."""
        last = self._past[-1] if self._past else None
        if last is None:
            return True
        if last.status == "failed" and (last.error or {}).get("final"):
            self._scope.failed[self._key] = _info(last.error or {})
            return False
        if last.status != "started":
            return True
        if self._is_unkeyed_write:
            return await self._as_decided(last)
        self._again("worker_lost", last)
        return True

    async def attempt(self) -> bool:
        """Run the body once and record what came of it. Raises `NodeError` when it failed."""
        self._number += 1
        self._begun = (now(), time.monotonic())
        start = Batch(
            steps=[self._row("started")],
            events=[
                self._event(events.NodeStarted(block=self._node.block, worker=self._leg._worker))
            ],
        )
        if self._signature.effect is Effect.WRITE:
            await self._leg._recorder.commit(start)
        else:
            self._leg._recorder.ride(start)
        done = await self._body()
        outputs = {
            name: await self._leg._values.keep(payload) for name, payload in done.outputs.items()
        }
        self._scope.outputs[self._key] = outputs
        written = [
            self._event(events.MemoryWritten(layer="records", key=write.key))
            for write in done.writes
        ]
        batch = Batch(
            steps=[self._row("completed", outputs=raw_object(outputs))],
            events=[*written, self._event(self._completed(outputs))],
            records=done.writes,
        )
        if self._signature.effect is Effect.PURE:
            self._leg._recorder.ride(batch)
        else:
            await self._leg._recorder.commit(batch)
        return True

    async def failed(self, error: NodeError) -> bool:
        """Record a failed attempt. True when there is to be another, after the back-off.

        A `write` that nobody can tell the outcome of is not repeated without a person.
        """
        self._failures += 1
        info = _describe(error)
        facts: list[events.Event] = []
        if isinstance(error, BodyTimedOut):
            facts.append(events.NodeTimedOut(timeout_s=self._timeout_s or 0.0))
        if not error.retryable or self._failures >= self._retry.attempts:
            facts.append(events.NodeFailed(duration_s=self._duration_s, error=info))
            row = self._row("failed", error=_final(info))
            await self._leg._recorder.commit(
                Batch(steps=[row], events=[self._event(f) for f in facts])
            )
            self._scope.failed[self._key] = info
            return False
        if self._is_in_doubt(error):
            await self._ask(self._number, facts)
            self._leg.asked.append(self._question_id(self._number))
            return False
        wait_s = min(self._retry.backoff_s * 2 ** (self._failures - 1), self._retry.max_backoff_s)
        retried = events.NodeRetried(
            cause="timed_out" if isinstance(error, BodyTimedOut) else "failed",
            wait_s=wait_s,
            error=info,
        )
        batch = Batch(
            steps=[self._row("failed", error=info.model_dump_json())],
            events=[*(self._event(fact) for fact in facts), self._event(retried, self._number + 1)],
        )
        await self._leg._recorder.commit(batch)
        return await self._leg.gate.rest(wait_s)

    @property
    def next_attempt(self) -> tuple[Path, NodeId, int]:
        """Where it stands, and the number that its next attempt has."""
        return self._path, self._id, self._number + 1

    async def inputs(self) -> dict[str, Payload]:
        """What the body is called with."""
        inputs = {port: Payload(json.dumps(v).encode()) for port, v in self._node.values.items()}
        for port, source in self._scope.version.feeds[self._key].items():
            value = self._scope.value(source)
            if value is not None:
                inputs[port] = await self._leg._values.fetch(value)
        return inputs

    async def _body(self) -> Done:
        inputs = await self.inputs()
        unit = code_unit(self._node.block)
        code = await self._leg._read_code(self._record.code[unit]) if unit else None
        work = Work(
            self._node.block,
            self._node.version,
            self._signature.cpu,
            self._timeout_s,
            Errand(self._record.run, self._path, self._number, self._group),
            self._signature.network and self._leg.may_use_network,
            tuple(port.name for port in self._signature.outputs),
        )
        said = Saying(self._tell)
        say = Say(said.log, said.progress)
        return await self._leg._bodies.run(
            work, inputs, code=code, say=say, read_record=self._leg._read_memory
        )

    async def _as_decided(self, lost: Attempt) -> bool:
        """A call outside may or may not have happened, and nothing but a person can tell."""
        asked = next((q for q in self._questions if q.attempt == lost.number), None)
        if asked is None:
            await self._ask(lost.number, [])
        if asked is None or asked.answer is None:
            self._leg.asked.append(self._question_id(lost.number))
            return False
        choice = asked.answer["choice"]
        if choice == "again":
            self._again("answered", lost)
            return True
        if choice == "done":
            given = asked.answer.get("outputs") or {}
            assert isinstance(given, dict)
            outputs = {
                name: await self._leg._values.keep(Payload(json.dumps(value).encode()))
                for name, value in given.items()
            }
            self._scope.outputs[self._key] = outputs
            batch = Batch(
                steps=[self._row("completed", outputs=raw_object(outputs))],
                events=[self._event(self._completed(outputs))],
            )
            await self._leg._recorder.commit(batch)
            return False
        error = NodeError(f"{asked.answered_by} decided that this step has failed.")
        await self.failed(error)
        return False

    async def _ask(self, number: int, why: list[events.Event]) -> None:
        text = (
            f"{self._node.block} was stopped while it was changing the world. "
            "Nobody can tell whether it did. Run it again, take it as done, or let it fail?"
        )
        question = QuestionRow(
            self._question_id(number), self._path, self._id, number, text, CHOICES
        )
        fact = events.HumanRequested(question=question.id, text=text, choices=tuple(CHOICES))
        await self._leg._recorder.commit(
            Batch(questions=[question], events=[self._event(f) for f in [*why, fact]])
        )

    def _question_id(self, number: int) -> str:
        return f"{self._path}#{number}"

    @property
    def _is_unkeyed_write(self) -> bool:
        return self._signature.effect is Effect.WRITE and not self._signature.keyed

    def _is_in_doubt(self, error: NodeError) -> bool:
        return self._is_unkeyed_write and isinstance(error, BodyTimedOut | BodyDied)

    def _again(self, cause: str, lost: Attempt) -> None:
        row = self._row("failed", error=LOST.model_dump_json())
        retried = events.NodeRetried(cause=cause, error=LOST)
        self._leg._recorder.ride(
            Batch(steps=[row], events=[self._event(retried, self._number + 1)])
        )

    def _completed(self, outputs: dict[str, Value]) -> events.NodeCompleted:
        infos = {name: value.info for name, value in outputs.items()}
        return events.NodeCompleted(duration_s=self._duration_s, outputs=infos)

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
        )

    def _event(self, fact: "events.Event", attempt: int | None = None) -> EventRow:
        return EventRow(
            now(), fact.model_dump_json(), self._path, self._id, attempt or self._number
        )

    def _tell(self, fact: "events.Event") -> None:
        self._leg._recorder.ride(Batch(events=[self._event(fact)]))


def _describe(error: NodeError) -> events.ErrorInfo:
    traceback = error.__dict__.get("traceback")
    return events.ErrorInfo(
        code=error.code,
        message=plain(error.message),
        remedy=plain(error.remedy),
        traceback=plain(traceback) if traceback else None,
    )


def _final(info: events.ErrorInfo) -> str:
    return info.model_dump_json()[:-1] + ',"final":true}'


def _info(error: dict[str, Json]) -> events.ErrorInfo:
    return events.ErrorInfo.model_validate({k: v for k, v in error.items() if k != "final"})
