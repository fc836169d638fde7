"""Writes a leg's progress, in order: everything finished since the last commit at once.

While one commit is on its way, what finishes meanwhile gathers for the next; so ten branches that
finish together share a commit, and their events keep one order. When the database is away, the
batch is sent again until it arrives or the leg turns out to be lost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from psycopg import AsyncConnection

from ..ids import RunId, Seq
from ..storage.hints import Hints
from ..storage.pool import Pool
from .commit import Batch, Fenced, compose
from .legs import FENCE, leg_id
from .patience import insist

RIDE_S = 0.05
"""How long what nobody waits for (pure records, logs, starts) may wait for company."""

_Work = Callable[[AsyncConnection[tuple[object, ...]]], Awaitable[tuple[object, ...] | None]]


class Recorder:
    """The one writer of a leg."""

    def __init__(
        self,
        pool: Pool,
        hints: Hints,
        *,
        run: RunId,
        leg: int,
        owner_xid: str,
        worker: str,
    ) -> None:
        self._pool = pool
        self._hints = hints
        self._run = run
        self._who = {
            "run": run,
            "leg_id": leg_id(run, leg),
            "owner_xid": owner_xid,
            "worker": worker,
        }
        self._gathering = Batch()
        self._waiters: list[asyncio.Future[None]] = []
        self._something = asyncio.Event()
        self._hurry = asyncio.Event()
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with the reason when nothing more can be recorded."""
        self._task = asyncio.create_task(self._write(), name=f"recorder {run}")

    def ride(self, batch: Batch, *, urgent: bool = False) -> None:
        """Hand over what nobody waits for; written at most 50 ms later, at once if `urgent`."""
        self._gathering.add(batch)
        self._something.set()
        if urgent:
            self._hurry.set()

    async def commit(self, batch: Batch) -> None:
        """Hand over, and wait until it is committed. Raises `Fenced` when the leg is lost."""
        if self.broken.done():
            self.broken.result()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self.ride(batch, urgent=True)
        await waiter

    async def park(self, batch: Batch, questions: list[str]) -> bool:
        """Commit the batch unless one of the questions was answered meanwhile; then return False.

        Under the run's lock, which an answer takes too: so no answer falls between the two.
        """
        await self.commit(Batch())
        statement, parameters = compose(batch)
        parameters |= self._who | {"batch": uuid4()}

        async def park(
            connection: AsyncConnection[tuple[object, ...]],
        ) -> tuple[object, ...] | None:
            async with connection.transaction():
                await connection.execute(FENCE, self._who)
                await connection.execute(
                    "SELECT FROM pai.run WHERE id = %s FOR UPDATE", (self._run,)
                )
                cursor = await connection.execute(
                    "SELECT FROM pai.question "
                    "WHERE run = %s AND id = ANY(%s) AND answer IS NOT NULL",
                    (self._run, questions),
                )
                if await cursor.fetchone() is not None:
                    return None
                return await (await connection.execute(statement, parameters)).fetchone()

        row = await self._insist(park)
        if row is not None:
            self._settle(row)
        return row is not None

    async def close(self) -> None:
        """Write what is left, then stop."""
        if not self.broken.done() and not self._gathering.is_empty:
            await self.commit(Batch())
        await self.abandon()

    async def abandon(self) -> None:
        """Stop without writing what is left."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not self.broken.done():
            self.broken.cancel()

    async def _write(self) -> None:
        while True:
            await self._something.wait()
            if not self._waiters:
                await self._company()
            batch, self._gathering = self._gathering, Batch()
            waiters, self._waiters = self._waiters, []
            self._something.clear()
            self._hurry.clear()
            try:
                if not batch.is_empty:
                    await self._send(batch)
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
                self._break(error, waiters)
                return
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def _company(self) -> None:
        try:
            async with asyncio.timeout(RIDE_S):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _send(self, batch: Batch) -> None:
        statement, parameters = compose(batch)
        parameters |= self._who | {"batch": uuid4()}

        async def send(
            connection: AsyncConnection[tuple[object, ...]],
        ) -> tuple[object, ...] | None:
            return await (await connection.execute(statement, parameters, prepare=True)).fetchone()

        row = await self._insist(send)
        assert row is not None
        self._settle(row)

    async def _insist(self, work: _Work) -> tuple[object, ...] | None:
        async def once() -> tuple[object, ...] | None:
            async with self._pool.connection() as connection:
                return await work(connection)

        return await insist(once, f"run {self._run}: record kept")

    def _settle(self, row: tuple[object, ...]) -> None:
        fence, seq = row
        if not fence:
            raise Fenced(f"run {self._run}: this leg is no longer ours")
        if isinstance(seq, int):  # None: an earlier try of this very batch had arrived
            self._hints.events(self._run, Seq(seq))

    def _break(self, error: BaseException, waiters: list[asyncio.Future[None]]) -> None:
        for waiter in [*waiters, *self._waiters]:
            if not waiter.done():
                waiter.set_exception(error)
        if not self.broken.done():
            self.broken.set_exception(error)
            self.broken.exception()  # seen: whoever waits for it raises it again
