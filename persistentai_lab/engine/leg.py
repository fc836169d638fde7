"""Walks one leg of a run: reads what is recorded, runs what is missing, ends or parks the run."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, LiteralString

from psycopg.errors import ForeignKeyViolation

from ..errors import LabError, RunNotFound
from ..events import model as events
from ..flow.control.kinds import KINDS
from ..ids import RunId, Workspace
from ..storage.blobs import Blobs
from ..storage.memory import MemoryTree
from ..storage.pool import Pool
from .bodies.body import Bodies
from .bodies.code import Code
from .clock import now
from .commands.signals import Signals
from .control import step_of
from .ending import begun, completed, failed, leave_none_open
from .legs import leg_id
from .memory import StepMemory
from .parking import Walked, walk
from .patience import insist
from .policies.keeper import Keeper
from .pulse import Pulse
from .records.batch import Batch, EventRow, RunChange, StepRow
from .records.commit import Fenced
from .records.orders import Orders, read_orders
from .records.record import Question, Record, read_answers, read_record
from .records.recorder import Recorder
from .records.values import Values
from .records.writer import Writer
from .replay import Replay, concluded
from .steps.asking import People
from .steps.pausing import Gate
from .steps.saying import plain
from .steps.spawning import Spawner
from .steps.steps import Steps
from .steps.stopping import Why

UNFINISHED = ("queued", "running", "waiting")
SOURCES_KEPT = 200
SOON_S = 0.001
"""That a run began is told together with the first steps that do."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Legs:
    """Walks legs for a worker. Everything a leg needs is passed in here."""

    pool: Pool
    writer: Writer
    bodies: Bodies
    blobs: Blobs
    memory: MemoryTree
    spawner: Spawner
    worker: str
    signals: Signals
    trusts: str
    """The user whose own code needs no sandbox: the one whose runtime this is."""
    _walking: dict[asyncio.Task[bool], tuple[RunId, int]] = field(default_factory=dict)
    _people: dict[RunId, People] = field(default_factory=dict)
    """Whom the legs ask that are walked here."""
    _sources: dict[tuple[Workspace, str], Code] = field(default_factory=dict)
    _gates: dict[tuple[RunId, int], Gate] = field(default_factory=dict)

    async def run(self, run: RunId, leg: int, owner_xid: str) -> bool:
        """Walk a leg until the run ended, waits, or is no longer ours. True if it has ended."""
        task = asyncio.create_task(self._run(run, leg, owner_xid), name=f"leg {run}/{leg}")
        self._walking[task] = run, leg
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            del self._walking[task]
        return False if task.cancelled() else task.result()

    def cancel(self, run: RunId) -> None:
        """Stop walking a run; its bodies are cancelled, children killed."""
        for task, (walked, _) in self._walking.items():
            if walked == run:
                task.cancel()

    async def heed(self, *runs: RunId) -> None:
        """Look what people want of these runs, as far as they are walked here; left out, of all."""
        gates = {at: gate for at, gate in self._gates.items() if not runs or at[0] in runs}
        if not gates:
            return
        wanted = {run for run, _ in gates}
        held = {run for (run, _), gate in gates.items() if gate.is_closed}
        reading = partial(read_orders, self.pool, wanted, held)
        orders = await insist(reading, "what people want of runs")
        for (run, _), gate in gates.items():
            if run in orders:
                gate.obey(orders[run])

    def walking(self) -> set[str]:
        """Ids of the legs that are being walked here."""
        return {leg_id(run, leg) for run, leg in self._walking.values()}

    def drop(self, legs: set[str]) -> None:
        """Stop walking legs that are ours no longer."""
        for task, (run, leg) in self._walking.items():
            if leg_id(run, leg) in legs:
                task.cancel()

    async def answered(self, run: RunId) -> None:
        """Something that a run waits for has come: if it is walked here, its nodes go on."""
        if run in self._people:
            await self._people[run].look()

    async def look(self) -> None:
        """Look whether something has come for any run that is walked here."""
        for run in [run for run, people in self._people.items() if people.open]:
            await self.answered(run)

    async def _run(self, run: RunId, leg: int, owner_xid: str) -> bool:
        recorder = self._recorder(run, leg, owner_xid)
        try:
            is_first = True
            while not await self._walk(run, leg, recorder, is_first=is_first):
                is_first = False
            await recorder.close()
        except Fenced:
            log.info("run %s: leg %s went to somebody else", run, leg)
        except RunNotFound:
            log.warning("run %s is gone", run)
        except ForeignKeyViolation as error:
            # Bytes that it was to refer to were collected while it could not commit for a day (a
            # machine that slept). With no leg the run is put back, and what is missing runs again.
            log.warning("run %s: leg %s is walked again: %s", run, leg, error)
        except asyncio.CancelledError:
            log.info("run %s: leg %s stopped", run, leg)
        except Exception as error:
            log.exception("run %s: the leg itself failed", run)
            return await self._give_up(run, leg, owner_xid, error, recorder.begun)
        finally:
            self._gates.pop((run, leg), None)
            recorder.abandon()
        return recorder.has_ended

    async def _walk(self, run: RunId, leg: int, recorder: Recorder, *, is_first: bool) -> bool:
        """Walk as far as possible. False when what came in meanwhile lets it go on."""
        # Before the reading: so what comes after that is heard.
        gate = self._gates[run, leg] = self._gate(run)
        recorder.on_wish = gate.heed
        record = await insist(lambda: read_record(self.pool, run), f"run {run}")
        if record.status not in UNFINISHED or record.leg != leg:
            return True
        gate.obey(record.orders)
        gate.take_over(record)
        if is_first:
            recorder.take_over(begun(record))
            await self._announce(record, recorder)
        if record.replays is not None:
            replay = await self._replay(record, record.replays, recorder, gate)
            await _to_the_end(replay, recorder)
            if not replay.is_done:
                return await recorder.transact(partial(gate.set_down, run=run))
            await recorder.commit(concluded(await replay.verdict(), recorder.begun))
            return True
        people = self._people[run] = self._asks(record, recorder)
        gate.pulse = people.pulse
        steps = self._steps(record, recorder, people, gate)
        try:
            walked = await walk(steps, people, gate, recorder)
        finally:
            if self._people.get(run) is people:
                del self._people[run]
        if walked is not Walked.AS_FAR_AS_IT_GOES:
            return walked is Walked.PARKED
        if steps.root.failed:
            await recorder.commit(failed(record, steps, recorder.begun))
        elif steps.root.is_done:
            await recorder.commit(completed(record, steps, recorder.begun))
        elif gate.is_closed or gate.has_refused:
            return await recorder.transact(partial(gate.set_down, run=run))
        else:
            raise AssertionError("nothing is left to wait for")
        return True

    def _gate(self, run: RunId) -> Gate:
        async def read() -> Orders | None:
            found = await insist(partial(read_orders, self.pool, [run]), f"orders of {run}")
            return found.get(run)

        return Gate(read)

    def _recorder(self, run: RunId, leg: int, owner_xid: str) -> Recorder:
        return Recorder(self.writer, run=run, leg=leg, owner_xid=owner_xid, worker=self.worker)

    def _asks(self, record: Record, recorder: Recorder) -> People:
        async def read(questions: list[str]) -> list[Question]:
            return await insist(
                lambda: read_answers(self.pool, record.run, questions), "reading answers"
            )

        async def clock() -> datetime:
            (now,) = await self._row("SELECT now()", ())
            assert isinstance(now, datetime)
            return now

        async def look_around(name: str, wait: str) -> None:
            await insist(
                lambda: self.signals.look(record.workspace, name, record.run, wait),
                f"looking for {name!r}",
            )

        emitted = self.signals.new.set
        people = People(Pulse(), recorder.commit, read, clock, look_around, emitted)
        people.remember(asked for at in record.questions.values() for asked in at)
        return people

    def _steps(self, record: Record, recorder: Recorder, people: People, gate: Gate) -> Steps:
        async def read_code(sha256: str) -> Code:
            return await self._code(record, sha256, record.owner, record.caller)

        values = Values(self.blobs, record.workspace, record.owner, record.caller)
        return Steps(
            record,
            recorder,
            self.bodies,
            values,
            keeper=Keeper(self.pool, record, values, people.pulse),
            people=people,
            worker=self.worker,
            gate=gate,
            step_of=step_of,
            spawn=self.spawner.spawn,
            read_code=read_code,
            memory=StepMemory(self.memory, record),
        )

    async def _replay(
        self, record: Record, source: RunId, recorder: Recorder, gate: Gate
    ) -> Replay:
        then = await insist(lambda: read_record(self.pool, source), f"run {source}")

        async def read_code(sha256: str) -> Code:
            everybody = record.owner, record.caller, then.owner, then.caller
            return await self._code(record, sha256, *everybody)

        values = Values(self.blobs, record.workspace, record.owner, record.caller)
        return Replay(
            record,
            then,
            recorder,
            self.bodies,
            values,
            worker=self.worker,
            gate=gate,
            read_code=read_code,
        )

    async def _announce(self, record: Record, recorder: Recorder) -> None:
        """Say that the run began, goes on, or was taken over."""
        fact: events.Event
        if record.status == "running":
            last = (a[-1] for a in record.attempts.values())
            open_attempts = [a for a in last if a.status == "started" and a.block not in KINDS]
            fact = events.RunRecovered(
                worker=self.worker,
                lost_worker=open_attempts[0].worker if open_attempts else None,
                recorded=sum(1 for a in record.attempts.values() if a[-1].status == "completed"),
                repeated=len(open_attempts),
            )
        elif record.has_started:
            fact = events.RunResumed(worker=self.worker, leg=record.leg)
        else:
            fact = events.RunStarted(worker=self.worker)
        recorder.ride(Batch(events=[_event(fact)], run=RunChange("running")), within_s=SOON_S)

    async def _code(self, record: Record, sha256: str, *who: str) -> Code:
        """Pinned code. Trusted if whom we trust sent it, and nobody else has a hand in the run."""
        key = record.workspace, sha256
        known = self._sources.get(key)
        if known is None:
            row = await self._row(_CODE, (self.trusts, *key))
            if row is None:
                raise LabError(f"The pinned source {sha256[:12]}… is gone.")
            known = Code.from_row(*row)
            if known.is_trusted:  # else they may send the same text yet
                self._sources[key] = known
            if len(self._sources) > SOURCES_KEPT:
                del self._sources[next(iter(self._sources))]
        is_trusted = known.is_trusted and set(who) == {self.trusts}
        return replace(known, is_trusted=is_trusted, caller=record.caller)

    async def _row(self, statement: LiteralString, values: Sequence[str]) -> Any:
        async def read() -> Any:
            async with self.pool.connection() as connection:
                return await (await connection.execute(statement, values)).fetchone()

        return await insist(read, "reading for a body")

    async def _give_up(
        self, run: RunId, leg: int, owner_xid: str, error: Exception, begun: Iterable[StepRow]
    ) -> bool:
        """The engine itself failed: say so on the run, rather than leave it hanging."""
        info = events.ErrorInfo(
            code="internal",
            message=plain(f"{type(error).__name__}: {error}"),
            remedy="This is a fault of the platform; the worker's log has the details.",
        )
        recorder = self._recorder(run, leg, owner_xid)
        change = RunChange("failed", error=info.model_dump_json())
        try:
            batch = Batch(closed=[Why("", "failed").closes(None)], run=change)
            leave_none_open(batch, begun)
            batch.events.append(_event(events.RunFailed(error=info)))
            await recorder.commit(batch)
        except Fenced:
            log.info("run %s: leg %s went to somebody else", run, leg)
        finally:
            recorder.abandon()
        return recorder.has_ended


async def _to_the_end(steps: Steps, recorder: Recorder) -> None:
    """Walk as far as it goes, or until nothing more can be recorded; then raise why."""
    walking = asyncio.ensure_future(steps.walk(steps.root))
    try:
        await asyncio.wait({walking, recorder.broken}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        walking.cancel()
        await asyncio.gather(walking, return_exceptions=True)
    if recorder.broken.done():
        recorder.broken.result()
    if not walking.cancelled():
        walking.result()


def _event(fact: "events.Event") -> EventRow:
    return EventRow(now(), fact.model_dump_json())


_CODE = """
SELECT source, environment, owner = %s AS is_ours FROM pai.code
WHERE workspace = %s AND sha256 = %s ORDER BY is_ours DESC LIMIT 1
"""
