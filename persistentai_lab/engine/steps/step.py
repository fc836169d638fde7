"""The step of a node that has a body: its attempts, and what comes of them.

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
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...errors import BodyTimedOut, NodeError
from ...events import model as events
from ...events import quick
from ...flow.signature import Effect
from ...memory.layer import Receipt
from ..bodies.body import BodyDied, Done, Work
from ..bodies.context import Say
from ..clock import now
from ..memory import kept
from ..policies.cache import Kept as KeptResult
from ..policies.keeper import Around, NotNow
from ..policies.rate import Turn
from ..policies.spending import Spent, Sum
from ..records.batch import Batch, QuestionRow
from ..records.values import Value, raw_object
from ..records.write import plain_writes
from ..scope import told
from .asking_step import AskingStep
from .saying import Saying, plain
from .stopping import failed
from .touching import Touched

if TYPE_CHECKING:
    pass


QUICK_S = 0.01
"""A body that took longer was worth more than the wait for its record, and a person may have made
a wish meanwhile: it is heard with the record, before anything else begins."""


class Step(AskingStep):
    """One node's attempts."""

    _touched = Touched()
    """What its body was answered; nothing before it runs."""

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
            self._scope.fail(self._key, told(last.error or {}))
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
        info = describe(error)
        facts: list[events.Event] = []
        if isinstance(error, BodyTimedOut):
            facts.append(events.NodeTimedOut(timeout_s=self._timeout_s or 0.0))
        if not error.retryable or self._failures >= self._retry.attempts or self._is_stopped:
            facts.append(events.NodeFailed(duration_s=self._duration_s, error=info))
            batch = Batch()
            row = self._row("failed", error=final(info))
            touches = self._touched.rows(self._path, self._number)
            batch.add(Batch(steps=[row], events=[self._event(f) for f in facts], touches=touches))
            self._is_over = True
            batch.add(failed(self._leg, self._scope, self._key, info))
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

    def _is_in_doubt(self, error: NodeError) -> bool:
        return self._is_unkeyed_write and isinstance(error, BodyTimedOut | BodyDied)


def describe(error: NodeError) -> events.ErrorInfo:
    """An error, as events and records tell it."""
    traceback = error.__dict__.get("traceback")
    return events.ErrorInfo(
        code=error.code,
        message=plain(error.message),
        remedy=plain(error.remedy),
        traceback=plain(traceback) if traceback else None,
    )


def final(info: events.ErrorInfo) -> str:
    """The same, for a step that is not tried again."""
    return info.model_dump_json()[:-1] + ',"final":true}'
