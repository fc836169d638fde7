"""A leg's progress on its way to the writer, in order: everything finished since the last commit.

What finishes while a commit of the leg is on its way gathers for the next; so ten branches that
finish together share a commit, and their events keep one order. What only looks at the world may
run ahead of the commits, but not far: see `is_abreast`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from uuid import uuid4

from psycopg import AsyncConnection

from ...ids import RunId
from ..legs import FENCE, leg_id
from .batch import Batch, EventRow, StepRow
from .commit import Who, compose
from .writer import Row, Writer

RIDE_S = 0.05
"""How long what nobody waits for (pure records, logs, starts) may wait for company."""
AHEAD_S = 0.05
"""How far a leg may run ahead of what is known to be recorded."""

_MOVED = """
SELECT FROM pai.question WHERE run = %s AND id = ANY(%s) AND answer IS NOT NULL
UNION ALL SELECT FROM pai.run WHERE id = %s AND wish IS NOT NULL
"""

_LOCK = """
WITH locked AS (SELECT batch FROM pai.run WHERE id = %(run)s FOR UPDATE)
SELECT FROM locked WHERE batch = %(batch)s
"""

_Decide = Callable[[AsyncConnection[Row]], Awaitable[Batch | None]]


class Recorder:
    """What one leg wants to have written."""

    def __init__(
        self, writer: Writer, *, run: RunId, leg: int, owner_xid: str, worker: str
    ) -> None:
        self._writer = writer
        self.who = Who(run, leg_id(run, leg), owner_xid, worker)
        self._gathering = Batch()
        self._waiters: list[asyncio.Future[None]] = []
        self._on_its_way: list[asyncio.Future[None]] | None = None
        self._ride: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._is_wanted = False
        """Whether what gathers is to be written as soon as may be."""
        self._handed_at = self._known_at = self._loop.time()
        self.on_wish: Callable[[str], None] = lambda wish: None
        """Told what people wish of the run, before anybody hears that a record was made."""
        self._begun: dict[tuple[str, int], StepRow] = {}
        self._is_end_on_its_way = False
        self.has_ended = False
        """Whether the end of the run is committed, and with it the end of the leg."""
        self.broken: asyncio.Future[None] = self._loop.create_future()
        """Fails with the reason when nothing more can be recorded."""

    def ride(self, batch: Batch, *, within_s: float = RIDE_S) -> None:
        """Hand over what nobody waits for; it is written with what comes meanwhile."""
        if not self.broken.done():
            self._gather(batch)
            self._ride_for(within_s)

    def note(self, row: StepRow, fact: EventRow) -> None:
        """The same for a step and what is told of it."""
        if not self.broken.done():
            self._gathering.note(row, fact)
            self._keep_track(row)
            self._ride_for(RIDE_S)

    def _ride_for(self, within_s: float) -> None:
        if self._is_wanted:
            return
        due = self._loop.time() + within_s
        if self._ride is None or self._ride.when() > due:
            self._stop_riding()
            self._ride = self._loop.call_at(due, self._want)

    def send(self, batch: Batch | None = None) -> None:
        """Have all that was handed over written at once, though nobody waits for it now."""
        if not self.broken.done():
            if batch is not None:
                self._gather(batch)
            self._want()

    def take_over(self, begun: Iterable[StepRow]) -> None:
        """Know of the steps that earlier legs have left under way."""
        for row in begun:
            self._keep_track(row)

    @property
    def begun(self) -> list[StepRow]:
        """The steps that are under way, as far as it has been handed over."""
        return list(self._begun.values())

    def _gather(self, batch: Batch) -> None:
        self._gathering.add(batch)
        for row in batch.steps:
            self._keep_track(row)

    def _keep_track(self, row: StepRow) -> None:
        if row.status == "started":
            self._begun[row.path, row.attempt] = row
        else:
            self._begun.pop((row.path, row.attempt), None)

    async def commit(self, batch: Batch) -> None:
        """Hand over, and wait until it is committed. Raises `Fenced` when the leg is lost."""
        self.send(batch)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until all that was sent is committed. Raises `Fenced` when the leg is lost."""
        if self.broken.done():
            self.broken.result()
        with_it = self._waiters if self._is_wanted else self._on_its_way
        if with_it is not None:
            waiter: asyncio.Future[None] = self._loop.create_future()
            with_it.append(waiter)
            await waiter

    @property
    def is_abreast(self) -> bool:
        """Whether the database has all that was sent, or had all that was a moment ago.

        A commit that came back shows that the leg was ours when it was handed over, and brought
        what people wished then; whatever is not recorded yet is younger than that.
        """
        if self.broken.done():
            return False
        is_pending = self._is_wanted or self._on_its_way is not None
        return not is_pending or self._loop.time() - self._known_at < AHEAD_S

    async def park(self, batch: Batch, questions: list[str]) -> bool:
        """Commit the batch unless one of the questions was answered meanwhile; then return False.

        Also when somebody wants the run to pause: then that is what it has to be set down for.
        """

        async def nothing_moved(connection: AsyncConnection[Row]) -> Batch | None:
            run = self.who.run
            cursor = await connection.execute(_MOVED, (run, questions, run))
            return None if await cursor.fetchone() is not None else batch

        return await self.transact(nothing_moved)

    async def transact(self, decide: _Decide) -> bool:
        """Commit what `decide` returns, with what it did itself; False when it returns nothing.

        Under the run's lock, which answers and other commands take too: so none of them falls
        between the decision and the commit. It may be asked again, in another transaction, as long
        as none was committed.
        """
        await self.flush()
        batch_id = uuid4()
        decided: list[StepRow] = []
        fence = {"leg_id": self.who.leg_id, "owner_xid": self.who.owner_xid}

        async def park(connection: AsyncConnection[Row]) -> list[Row] | None:
            async with connection.transaction():
                if await (await connection.execute(FENCE, fence)).fetchone() is None:
                    return []
                cursor = await connection.execute(_LOCK, {"run": self.who.run, "batch": batch_id})
                if await cursor.fetchone():  # an earlier try had arrived
                    return [(self.who.run, None, None)]
                batch = await decide(connection)
                if batch is None:
                    return None
                decided[:] = batch.steps
                statement, parameters = compose([(self.who, batch)])
                parameters["batch"] = batch_id
                return await (await connection.execute(statement, parameters)).fetchall()

        rows = await self._writer.once(self.who, park)
        if rows is None:
            return False
        for row in decided:
            self._keep_track(row)
        if (wish := self._writer.told(self.who, rows)) is not None:
            self.on_wish(wish)
        return True

    async def flush(self) -> None:
        """Write what is left. Raises `Fenced` when the leg is lost."""
        while self._on_its_way is not None or not self._gathering.is_empty:
            await self.commit(Batch())

    async def close(self) -> None:
        """Write what is left, then stop. Of a run that has ended, nothing is."""
        if not (self.has_ended or self.broken.done()):
            await self.flush()
        self.abandon()

    def abandon(self) -> None:
        """Stop without writing what is left."""
        self._stop_riding()
        self._writer.forget(self)
        if not self.broken.done():
            self.broken.cancel()

    # --- what the writer asks for -----------------------------------------------------------------

    def records(self) -> set[str]:
        """Keys of the memory records that are to be written."""
        return {write.key for write in self._gathering.records}

    def hand_over(self) -> Batch:
        """Give what gathered."""
        self._stop_riding()
        batch, self._gathering = self._gathering, Batch()
        self._on_its_way, self._waiters = self._waiters, []
        self._is_end_on_its_way = batch.ends_the_run
        self._is_wanted = False
        self._handed_at = self._loop.time()
        return batch

    def settled(self, error: Exception | None = None, *, wish: str | None = None) -> None:
        """What was handed over is committed, or nothing of this leg ever will be."""
        if wish is not None:
            self.on_wish(wish)
        waiters, self._on_its_way = self._on_its_way or [], None
        self._known_at = self._handed_at
        self.has_ended |= error is None and self._is_end_on_its_way
        if error is not None:
            waiters += self._waiters
            self._waiters = []
            if not self.broken.done():
                self.broken.set_exception(error)
                self.broken.exception()  # seen: whoever waits for it raises it again
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    def _want(self) -> None:
        if not self._is_wanted:
            self._is_wanted = True
            self._writer.want(self)

    def _stop_riding(self) -> None:
        if self._ride is not None:
            self._ride.cancel()
            self._ride = None
