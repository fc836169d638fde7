"""A worker's writer: what its legs finished since the last commit goes in one statement.

A leg has at most one commit on its way, so its events keep one order. While a commit is on its way,
what finishes meanwhile, of any leg, gathers for the next. When the database is away, the statement
is sent again until it arrives or the legs turn out to be lost.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import uuid4

from psycopg import AsyncConnection

from ...ids import Seq
from ...storage.hints import Hints
from ...storage.pool import Pool
from ...uncaught import tell_of
from ..patience import insist
from .batch import Batch
from .commit import Fenced, Who, compose

LANES = 2
"""Commits on their way at a time: while one waits for the disk, the next need not."""
LEGS_A_COMMIT = 64

Row = tuple[object, ...]
Work = Callable[[AsyncConnection[Row]], Awaitable[list[Row] | None]]


class Source(Protocol):
    """A leg that has something to write."""

    who: Who

    def records(self) -> set[str]:
        """Keys of the memory records that it wants to write."""

    def hand_over(self) -> Batch:
        """Give what gathered; more may gather from now on."""

    def settled(self, error: Exception | None = None, *, wish: str | None = None) -> None:
        """What was handed over is committed, or will never be; what people wish of the run."""


class Writer:
    """Collects from the legs of a worker, and writes."""

    def __init__(self, pool: Pool, hints: Hints, *, lanes: int = LANES) -> None:
        self._pool = pool
        self._hints = hints
        self._lanes = lanes
        self._wanted: dict[Source, None] = {}
        self._on_their_way: set[Source] = set()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    def want(self, source: Source) -> None:
        """Write what this leg has, as soon as a lane is free. Once is enough until it is asked."""
        self._wanted[source] = None
        if source in self._on_their_way:
            return  # the lane that writes it looks again
        if len(self._tasks) < self._lanes and not self._idle:
            name = f"writer {len(self._tasks) + 1}"
            self._tasks.append(tell_of(asyncio.create_task(self._write(), name=name)))
        elif self._idle:
            rest = self._idle.popleft()
            if not rest.done():  # else the lane was stopped
                rest.set_result(None)

    def forget(self, source: Source) -> None:
        """Write nothing more of this leg."""
        self._wanted.pop(source, None)

    async def once(self, who: Who, work: Work) -> list[Row] | None:
        """Do `work` with a connection, until the database is there for it."""

        async def once() -> list[Row] | None:
            async with self._pool.connection() as connection:
                return await work(connection)

        return await insist(once, f"run {who.run}: record kept")

    def told(self, who: Who, rows: list[Row]) -> str | None:
        """Take note of what a statement returned; returns what is wished of the run.

        Raises `Fenced` when the leg is lost.
        """
        found = [(seq, wish) for run, seq, wish in rows if run == who.run]
        if not found:
            raise Fenced(f"run {who.run}: this leg is no longer ours")
        seq, wish = found[0]
        if isinstance(seq, int):  # None: an earlier try of this very commit had arrived
            self._hints.events(who.run, Seq(seq))
        return str(wish) if wish else None

    async def close(self) -> None:
        """Stop; what is not written stays unwritten."""
        for lane in self._tasks:
            lane.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _write(self) -> None:
        async with _Lane(self._pool) as lane:
            while True:
                sources = self._take()
                if sources:
                    self._on_their_way.update(sources)
                    await self._send(lane, {source: source.hand_over() for source in sources})
                    self._on_their_way.difference_update(sources)
                else:
                    rest: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._idle.append(rest)
                    await rest

    def _take(self) -> list[Source]:
        """Whoever wants to write, is not writing, and shares no record with another one taken."""
        taken: list[Source] = []
        records: set[str] = set()
        for source in self._wanted:
            if source in self._on_their_way or records & (keys := source.records()):
                continue
            records |= keys
            taken.append(source)
            if len(taken) == LEGS_A_COMMIT:
                break
        for source in taken:
            del self._wanted[source]
        return taken

    async def _send(self, lane: "_Lane", shares: dict[Source, Batch]) -> None:
        for source in [source for source, batch in shares.items() if batch.is_empty]:
            del shares[source]
            source.settled()
        if not shares:
            return
        first = next(iter(shares))
        try:
            statement, parameters = compose([(source.who, it) for source, it in shares.items()])
            parameters["batch"] = uuid4()

            async def send(connection: AsyncConnection[Row]) -> list[Row]:
                cursor = await connection.execute(statement, parameters, prepare=True)
                return await cursor.fetchall()

            rows = await insist(lambda: lane.do(send), f"run {first.who.run}: record kept")
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            if len(shares) == 1:
                first.settled(error)
                return
            for source, batch in shares.items():  # what one can't write must not stop the others
                await self._send(lane, {source: batch})
            return
        for source in shares:
            try:
                wish = self.told(source.who, rows)
            except Fenced as error:
                source.settled(error)
            else:
                source.settled(wish=wish)


class _Lane:
    """A connection that is kept: fetching one for each commit took longer than some commits."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: AsyncConnection[Row] | None = None

    async def do(self, work: Callable[[AsyncConnection[Row]], Awaitable[list[Row]]]) -> list[Row]:
        """Do `work` with it; after any trouble the next gets another."""
        if self._connection is None:
            self._connection = await self._pool.getconn()
        try:
            return await work(self._connection)
        except BaseException:
            await self._give_back()
            raise

    async def __aenter__(self) -> "_Lane":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._give_back()

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._pool.putconn(connection)
