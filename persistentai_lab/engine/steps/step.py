"""Runs the nodes of one leg: attempts, effects, retries, questions. Every outcome is recorded.

What an effect means for the commits (house plan §4.2):

- pure: nobody waits for its record; it rides along with the next commit.
- read: its record is sent at once. After a quick one, pure and read nodes that depend on it may
  begin meanwhile, as long as the leg is abreast of its record (`Recorder.is_abreast`); else, and
  all other nodes, wait for it.
- store: its memory writes share the record's commit, and what depends on it waits for that.
- write: its start is committed before the body. After a crash in between, a keyed one is called
  again with the same key; for an unkeyed one a person decides.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

from ...errors import BodyTimedOut, NodeError
from ...events import model as events
from ...events import quick
from ...flow.model import Approval, Node, Retry
from ...flow.payload import Payload
from ...flow.signature import Effect, Signature, code_unit
from ...ids import Json, NodeId, Path
from ...memory.layer import Receipt
from ..bodies.body import Bodies, BodyDied, Done, Work
from ..bodies.code import Code
from ..bodies.context import Errand, Say
from ..clock import now
from ..memory import Memory, kept
from ..policies.cache import Kept as KeptResult
from ..policies.keeper import Around, Keeper, Kept, NotNow
from ..policies.rate import Turn
from ..policies.spending import Spent, Sum
from ..records.batch import Batch, EventRow, QuestionRow, RawJson, StepRow
from ..records.place import place_of
from ..records.record import Attempt, Question, Record
from ..records.recorder import Recorder
from ..records.values import Value, Values, raw_object
from ..records.write import plain_writes
from ..scope import Scope, Stopped, told
from ..walk import Walk
from . import approval, question
from .asking import People, row_of
from .pausing import Gate
from .saying import Saying, plain
from .spawning import Wish
from .stopping import Why, left_open
from .touching import Touched

CHOICES = ["again", "done", "fail"]
_NEVER = ("", 0.0)
_NO_LITERALS: dict[str, Json] = {}
QUICK_S = 0.01
"""A body that took longer was worth more than the wait for its record, and a person may have made
a wish meanwhile: it is heard with the record, before anything else begins."""
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
        people: People,
        worker: str,
        gate: Gate,
        step_of: "Callable[[Steps, Scope, NodeId], Step]",
        spawn: Callable[[Wish], Awaitable[None]],
        read_code: Callable[[str], Awaitable[Code]],
        memory: Memory,
        keeper: Keeper | None = None,
    ) -> None:
        self._record = record
        self._recorder = recorder
        self._bodies = bodies
        self._values = values
        self._people = people
        self._worker = worker
        self.gate = gate
        self._step_of = step_of
        self.spawn = spawn
        self._read_code = read_code
        self.memory = memory
        self._keeper = keeper
        self.root = Scope.of_run(record)
        self.opened = 0
        """How many flows its control nodes have opened."""
        self.closed: set[str | None] = set()
        """Questions that this leg has closed."""

    async def walk(self, scope: Scope) -> None:
        """Walk a flow as far as it goes. Nothing new starts once a node has failed.

        What runs then may finish, and is recorded. Nodes that wait for people keep it from ending;
        `People.pulse` tells when there are only those.
        """

        async def run(node: NodeId) -> bool:
            return not scope.is_stopping and await self.run(scope, node)

        version, pulse = scope.version, self._people.pulse
        await Walk(version.plan.before, scope.done, run, pulse, version.races).to_the_end()

    async def run(self, scope: Scope, node_id: NodeId) -> bool:
        """Run a node to its end. True when its outputs are there."""
        if node_id in scope.skipped:
            return False
        step = self.step_of(scope, node_id)
        if node_id in scope.unneeded and not step.may_be_called_again:
            return False
        with scope.working(node_id, step):
            if not (step.may_run_ahead and self._recorder.is_abreast) or self.gate.is_watched:
                await self._recorder.caught_up()
                if scope.is_stopping:
                    return False
            if not self.gate.is_free and not await self.gate.lets(
                *step.next_attempt, step.inputs, runs_others=step.runs_others
            ):
                return False
            try:
                return not scope.is_stopping and await step.to_its_end()
            except Stopped:
                return False

    @property
    def record(self) -> Record:
        """What was recorded before the leg began."""
        return self._record

    @property
    def people(self) -> People:
        """Whom it asks."""
        return self._people

    def step_of(self, scope: Scope, node_id: NodeId) -> "Step":
        """The step of a node."""
        return self._step_of(self, scope, node_id)


class Step:
    """One node's attempts."""

    _touched = Touched()
    """What its body was answered; nothing before it runs."""
    runs_others = False
    """Whether it has no body of its own."""

    def __init__(self, leg: Steps, scope: Scope, node_id: NodeId) -> None:
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
        self._is_between = True
        """Whether no attempt is under way."""
        self._is_over = False
        self._is_stopped = node_id in scope.unneeded

    async def to_its_end(self) -> bool:
        """Attempt it until it has outputs, or failed. Raises `Stopped`."""
        if not await self.may_begin():
            return self._key in self._scope.outputs
        while True:
            try:
                return await self.attempt()
            except NodeError as error:
                if not await self.failed(error):
                    return self._key in self._scope.outputs

    async def may_begin(self) -> bool:
        """Settle what an earlier leg left behind. False when the body is not to run (now)."""
        last = self._past[-1] if self._past else None
        if last is None:
            return True
        if last.status == "failed" and (last.error or {}).get("final"):
            self._is_over = True
            self._leg._recorder.ride(self._scope.fail(self._key, told(last.error or {})))
            return False
        if last.status != "started":
            return True
        if self._is_unkeyed_write:
            return await self._as_decided(last.number, [])
        self._again("worker_lost")
        return True

    async def attempt(self) -> bool:
        """Run the body once and record what came of it. Raises `NodeError` when it failed."""
        self._begin()
        inputs = self._arriving()
        if self._signature.effect is Effect.HUMAN:
            return await self._ask_person(inputs)
        if not await self._may_run(inputs):
            return self._key in self._scope.outputs
        fact = quick.started(self._node.block, self._leg._worker)
        start = self._row("started"), self._told(self._begun[0], fact)
        if self._signature.effect is Effect.WRITE:
            self.is_acting = True
            await self._leg._recorder.commit(Batch([start[0]], [start[1]]))
        else:
            self._leg._recorder.note(*start)
        done = await self._body(inputs)
        outputs = await self._leg._values.keep_all(done.outputs)
        if plain_writes(done.commands, self._path) is None:
            outputs = await self._stored(done, outputs)
        elif done.commands or not self.may_run_ahead:
            await self._have_written(self._record_of(done, outputs))
        else:
            row, end = self._end_of(outputs)
            if self._touched.found:
                touches = self._touched.rows(self._path, self._number)
                self._leg._recorder.ride(Batch([row], [end], touches=touches))
            else:
                self._leg._recorder.note(row, end)
            if self._signature.effect is Effect.READ:
                self._leg._recorder.send()
                if self._duration_s >= QUICK_S:
                    await self._leg._recorder.caught_up()
        self._scope.outputs[self._key] = outputs
        if self._policies is not None:
            await self._policies.succeeded(outputs)
        return True

    async def _have_written(self, batch: Batch) -> None:
        if self._signature.effect is Effect.PURE:
            self._leg._recorder.ride(batch)
        else:
            await self._leg._recorder.commit(batch)

    def _record_of(
        self, done: Done, outputs: dict[str, Value], receipts: Sequence[Receipt] = ()
    ) -> Batch:
        plain = plain_writes(done.commands, self._path)
        if plain is None:
            written = [
                events.MemoryWritten(layer=did.layer(), key=receipt.target, version=receipt.version)
                for did, receipt in zip(done.commands, receipts, strict=True)
            ]
        else:
            written = [events.MemoryWritten(layer="records", key=write.key) for write in plain]
        did = list(zip(done.commands, receipts, strict=True)) if plain is None else []
        touches = self._touched.rows(self._path, self._number, plain or [], did)
        row, fact = self._end_of(outputs)
        return Batch([row], [*map(self._event, written), fact], plain or [], touches=touches)

    def _end_of(self, outputs: dict[str, Value]) -> tuple[StepRow, EventRow]:
        row = self._row("completed", outputs=raw_object(outputs))
        assert row.ended_at is not None
        infos = [(name, value.info_text) for name, value in outputs.items()]
        return row, self._told(row.ended_at, quick.completed(self._duration_s, infos))

    async def _stored(self, done: Done, outputs: dict[str, Value]) -> dict[str, Value]:
        """Record the step with what it does to memory; its outputs, as they came to be."""
        stored = outputs

        def compose(receipts: Sequence[Receipt]) -> Batch:
            nonlocal stored
            stored = kept(outputs, receipts)
            return self._record_of(done, stored, receipts)

        await self._leg.memory.store(self._leg._recorder, self._path, done.commands, compose)
        return stored

    async def _may_run(self, inputs: dict[str, Value]) -> bool:
        """Wait for a person's yes, and for what the policies say. False if it is not to run (now).

        Inputs that a person changed are put among the others. Raises `NodeError`.
        """
        if self._approval is not None:
            inputs |= await self._approved(self._approval, inputs)
        reused: KeptResult | None = None
        if self._policies is not None:
            try:
                reused = await self._policies.lets(self._errand, inputs, self._lent)
            except NotNow:
                return False
        if self._approval is not None or self._policies is not None:
            if not self._leg.gate.lets_on(self._path):  # what was answered, stays answered
                return False
            self._begun = (now(), time.monotonic())
        if reused is not None:
            await self._reuse(reused)
        return reused is None

    async def _reuse(self, kept: KeptResult) -> None:
        """Record a result that another body gave, in place of one's own."""
        self._scope.outputs[self._key] = kept.outputs
        row = self._row("completed", outputs=raw_object(kept.outputs))
        row.reused_from = kept.run
        infos = {name: value.info for name, value in kept.outputs.items()}
        fact = events.NodeReused(
            source=kept.run, block=self._node.block, outputs=infos, cause="cache"
        )
        await self._have_written(Batch(steps=[row], events=[self._event(fact)]))

    async def failed(self, error: NodeError) -> bool:
        """Record a failed attempt. True when there is to be another, after the back-off.

        A `write` that nobody can tell the outcome of is not repeated without a person.
        """
        self._failures += 1
        self._is_between, self.is_acting = True, False
        info = _describe(error)
        facts: list[events.Event] = []
        if isinstance(error, BodyTimedOut):
            facts.append(events.NodeTimedOut(timeout_s=self._timeout_s or 0.0))
        if not error.retryable or self._failures >= self._retry.attempts or self._is_stopped:
            facts.append(events.NodeFailed(duration_s=self._duration_s, error=info))
            batch = Batch()
            row = self._row("failed", error=_final(info))
            touches = self._touched.rows(self._path, self._number)
            batch.add(Batch(steps=[row], events=[self._event(f) for f in facts], touches=touches))
            self._is_over = True
            batch.add(self._scope.fail(self._key, info))
            if self._scope.failed and self._scope.name:
                why = Why(self._id, "failed")
                batch.add(left_open(self._leg, self._scope.name, why, batch))
            await self._leg._recorder.commit(batch)
            return False
        if self._is_in_doubt(error):
            return await self._as_decided(self._number, facts)
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

    @property
    def next_attempt(self) -> tuple[Path, NodeId, int]:
        """Where it stands, and the number that its next attempt has."""
        return self._path, self._id, self._number + 1

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

    async def _body(self, arriving: dict[str, Value]) -> Done:
        inputs = await self._fetched(arriving)
        unit = self._place.unit
        code = await self._leg._read_code(self._record.code[unit]) if unit else None
        work = Work(
            self._node.block,
            self._node.version,
            self._signature.cpu,
            self._timeout_s,
            self._errand,
            self._signature.network and self._leg.may_use_network,
            self._place.ports,
        )
        self._touched = Touched()
        said = Saying(self._tell)
        say = Say(said.log, said.progress, self._purse())
        self._is_open = True
        try:
            return await self._leg._bodies.run(
                work,
                inputs,
                code=code,
                say=say,
                ask=self._touched.noting(self._leg.memory.asks(self._path)),
            )
        except NodeError as error:
            if self._policies is not None:
                await self._policies.failed(error)
            raise
        finally:
            self._is_open = False

    def _purse(self) -> Callable[[Spent], object]:
        """Where the costs of this attempt go, from any thread."""
        loop, here, number = asyncio.get_running_loop(), threading.get_ident(), self._number
        self._spent = Sum()

        def has_spent(spent: Spent) -> None:
            if self._policies is not None:
                self._policies.spent(spent)
            fact = events.NodeSpent(
                tokens=spent.tokens, micros=spent.micros, currency=spent.currency
            )
            batch = Batch(events=[self._event(fact, number)])
            if self._is_open and number == self._number:  # else it runs on past its time
                self._spent.add(spent)
                batch.steps.append(self._row("started"))
            self._leg._recorder.ride(batch)

        def spend(spent: Spent) -> None:
            if threading.get_ident() == here:  # at once: its result may be read in the same breath
                has_spent(spent)
            else:
                loop.call_soon_threadsafe(has_spent, spent)

        return spend

    @property
    def _errand(self) -> Errand:
        return Errand(self._record.run, self._path, self._number, self._group)

    @property
    def _lent(self) -> Around:
        async def wait_until(turn: Turn, key: str) -> None:
            """A timer is a question that nobody is asked: when it is due, it has its answer."""
            row = QuestionRow(
                f"{self._path}#turn-{self._number}",
                self._path,
                self._id,
                self._number,
                f"Waits for its turn of “{key}”.",
                [],
                kind="timer",
                due=turn.at.isoformat(),
                at_expiry='{"choice":"due"}',
            )
            fact = events.NodeDelayed(cause="rate", key=key, until=turn.at)
            await self._waits(row, Batch(events=[self._event(fact)]))

        return Around(self._scope, self._asked, wait_until, self._leg.gate.rest, self._tell)

    async def _ask_person(self, arriving: dict[str, Value]) -> bool:
        """The body of a `human` block is a person. Raises `NodeError`."""
        shown = arriving.pop(question.SHOWN, None)
        inputs = await self._fetched(arriving)
        wished = question.wishes(self._node.block, self._node.version, inputs)
        asked = f"{self._path}#ask"
        due = await self._leg._people.due(asked, wished["expires_s"])
        fact = question.fact_of(asked, wished, shown, due)
        answered = await self._asked(
            fact,
            at_expiry=question.answer_at_expiry(wished),
            inputs=None if shown is None else raw_object({question.SHOWN: shown}),
        )
        self._begun = (now(), time.monotonic())
        said = Payload(json.dumps(question.told(answered)).encode())
        await self._done({"result": await self._leg._values.keep(said)})
        return True

    async def _approved(self, asked: Approval, inputs: dict[str, Value]) -> dict[str, Value]:
        """Wait for a person's yes; returns the inputs that they changed. Raises `NodeError`."""
        unit = code_unit(self._node.block)
        code = self._record.code[unit] if unit else None
        ports = [port.name for port in self._signature.inputs if port.name in inputs]
        kept = {name: await self._leg._values.recordable(inputs[name]) for name in ports}
        inputs_hash = approval.hash_of(self._node, code, kept)
        question_id = f"{self._path}#approve-{inputs_hash[:8]}"
        due = await self._leg._people.due(question_id, asked.expires_s)
        fact = approval.fact_of(question_id, self._signature, asked, kept, inputs_hash, due)
        answered = await self._asked(
            fact, at_expiry={"choice": asked.at_expiry}, inputs=raw_object(kept)
        )
        edited = approval.edits_of(answered)
        return {name: Value.of_json(value) for name, value in edited.items()}

    async def _as_decided(self, number: int, why: list[events.Event]) -> bool:
        """A call outside may or may not have happened, and nothing but a person can tell.

        True when the body is to run again.
        """
        text = (
            f"{self._node.block} was stopped while it was changing the world. "
            "Nobody can tell whether it did. Run it again, take it as done, or let it fail?"
        )
        asked = f"{self._path}#{number}"
        fact = events.HumanRequested(
            question=asked, text=text, choices=tuple(CHOICES), block=self._node.block
        )
        was_known = any(
            known.id == asked and known.answer
            for known in self._record.questions.get(self._path, [])
        )
        answered = await self._asked(fact, number=number, why=why)
        assert answered.answer is not None
        choice = answered.answer["choice"]
        if choice == "again":
            self._group += not was_known
            self._again("answered")
            return True
        if choice == "done":
            given = answered.answer.get("outputs") or {}
            assert isinstance(given, dict)
            await self._done(
                {
                    name: await self._leg._values.keep(Payload(json.dumps(value).encode()))
                    for name, value in given.items()
                }
            )
            return False
        await self.failed(NodeError(f"{answered.answered_by} decided that this step has failed."))
        return False

    async def _asked(
        self,
        fact: events.HumanRequested,
        *,
        number: int | None = None,
        why: list[events.Event] | None = None,
        at_expiry: Json = None,
        inputs: str | None = None,
    ) -> Question:
        """Ask and wait. What led to the question is told before it."""
        attempt = number or self._number
        row = row_of(
            fact,
            path=self._path,
            node=self._id,
            attempt=attempt,
            at_expiry=None if fact.due is None else at_expiry,
            inputs=inputs,
        )
        told = Batch(events=[self._event(each, attempt) for each in [*(why or []), fact]])
        return await self._waits(row, told)

    async def _waits(self, row: QuestionRow, told: Batch) -> Question:
        """Wait for an answer, of whatever kind. Raises `Stopped`."""
        self._asks = row.id
        try:
            return await self._scope.unless_stopped(self._leg._people.answer(row, told))
        finally:
            self._asks = None

    async def _done(self, outputs: dict[str, Value]) -> None:
        """Record what a person said in place of a body."""
        self._scope.outputs[self._key] = outputs
        row = self._row("completed", outputs=raw_object(outputs))
        fact = self._event(self._completed(outputs))
        await self._leg._recorder.commit(Batch(steps=[row], events=[fact]))

    @property
    def _is_unkeyed_write(self) -> bool:
        return self._signature.effect is Effect.WRITE and not self._signature.keyed

    def _is_in_doubt(self, error: NodeError) -> bool:
        return self._is_unkeyed_write and isinstance(error, BodyTimedOut | BodyDied)

    def _again(self, cause: str) -> None:
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
            inside=self._scope.outer is not None,
            cost=self._spent.record,
        )

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
