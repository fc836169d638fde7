"""Live events of runs, for everybody who watches.

The hub listens before it reads, so nothing falls in between; it reads each watched run once for all
its readers, catches up by position whenever it (re)connects, and looks at the heads once a second
in case a hint was lost. Readers pull: a slow one holds up nobody and fills no memory.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg_pool import PoolTimeout

from ..ids import RunId, Seq
from ..uncaught import tell_of
from .hints import EVENTS
from .listening import listening
from .pool import Pool, is_away

KEPT = 2_000
"""Events a watched run keeps in memory; who is further behind reads from the database."""
PAGE = 500
LOOK_EVERY_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it goes to readers: its envelope as JSON text."""

    seq: Seq
    text: str
    is_last: bool
    """Whether the run has ended with it."""


@dataclass(slots=True)
class _Tail:
    """The newest events of a watched run."""

    head: Seq
    kept: deque[Stored] = field(default_factory=lambda: deque(maxlen=KEPT))
    readers: int = 0
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_over(self, seq: Seq) -> bool:
        """Whether nothing will ever come after a position."""
        return seq >= self.head and bool(self.kept) and self.kept[-1].is_last

    def after(self, seq: Seq) -> list[Stored] | None:
        """What is kept after a position; None when that reaches further back than is kept."""
        if seq >= self.head:
            return []
        if not self.kept or self.kept[0].seq > seq + 1:
            return None
        return list(self.kept)[seq + 1 - self.kept[0].seq :][:PAGE]


EVENTS_AFTER = """
SELECT seq, json_build_object(
           'workspace', workspace, 'run', run, 'seq', seq, 'at', at, 'owner', owner,
           'caller', caller, 'path', path, 'node', node, 'attempt', attempt, 'event', body)::text,
       body::text ~ '^\\{"type":"run\\.(completed|failed|cancelled)"'
FROM pai.event WHERE run = %s AND seq > %s ORDER BY seq LIMIT %s
"""


async def events_after(pool: Pool, run: RunId, after: Seq, limit: int = PAGE) -> list[Stored]:
    """One page of a run's events."""
    async with pool.connection() as connection:
        cursor = await connection.execute(EVENTS_AFTER, (run, after, limit), prepare=True)
        return [Stored(Seq(seq), text, is_last) for seq, text, is_last in await cursor.fetchall()]


class Hub:
    """One a gateway."""

    def __init__(self, database_url: str, pool: Pool) -> None:
        self._database_url = database_url
        self._pool = pool
        self._tails: dict[RunId, _Tail] = {}

    async def read(self, run: RunId, after: Seq) -> AsyncIterator[list[Stored]]:
        """Events from a position on, in pages: old ones first, then as they come, until the last.

        An empty page says that nothing is new; the reader may look whether it is still wanted.
        """
        async with self._watched(run) as tail:
            while True:
                page = tail.after(after)
                if page is None:
                    page = await self._page(run, after)
                if page:
                    after = page[-1].seq
                    yield page
                    continue
                if tail.is_over(after):
                    return
                async with tail.moved:
                    if tail.head <= after:
                        with suppress(TimeoutError):
                            async with asyncio.timeout(LOOK_EVERY_S):
                                await tail.moved.wait()
                if tail.head <= after:
                    yield []

    async def listen_forever(self) -> None:
        """Keep the tails of watched runs up to date, until cancelled."""
        looking = tell_of(asyncio.create_task(self._look_forever(), name="hub heads"))
        try:
            while True:
                try:
                    await self._listen()
                except psycopg.Error as error:
                    log.info("hub: not listening: %s", error)
                await asyncio.sleep(0.2)
        finally:
            looking.cancel()

    async def _listen(self) -> None:
        async with listening(self._database_url, EVENTS, name="persistentai-hub") as notices:
            await self._catch_up(list(self._tails))
            async for notice in notices:
                for word in notice.payload.split():
                    run, _, seq = word.rpartition(":")
                    tail = self._tails.get(RunId(run))
                    if tail and tail.head < int(seq):
                        await self._advance(RunId(run), tail)

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(psycopg.Error, PoolTimeout):
                await self._look()

    async def _look(self) -> None:
        if not self._tails:
            return
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT id, seq FROM pai.run WHERE id = ANY(%s)", (list(self._tails),)
            )
            heads = await cursor.fetchall()
        await self._catch_up(
            [run for run, seq in heads if run in self._tails and seq > self._tails[run].head]
        )

    async def _catch_up(self, runs: list[RunId]) -> None:
        for run in runs:
            if tail := self._tails.get(run):
                await self._advance(run, tail)

    async def _advance(self, run: RunId, tail: _Tail) -> None:
        """Read on from the tail's head. Whoever comes while a read is under way waits for it."""
        async with tail.reading:
            while page := await self._page(run, tail.head):
                tail.kept.extend(page)
                tail.head = page[-1].seq
                if len(page) < PAGE:
                    break
        async with tail.moved:
            tail.moved.notify_all()

    async def _page(self, run: RunId, after: Seq) -> list[Stored]:
        try:
            return await events_after(self._pool, run, after)
        except (psycopg.Error, PoolTimeout) as error:
            if not is_away(error):
                raise
            await asyncio.sleep(0.2)  # readers stay, and go on when the database is back
            return []

    @asynccontextmanager
    async def _watched(self, run: RunId) -> AsyncIterator[_Tail]:
        tail = self._tails.get(run)
        if tail is None:
            head = await self._head(run)  # meanwhile another reader may have come
            tail = self._tails.setdefault(run, _Tail(head))
        tail.readers += 1
        try:
            # Events committed between reading the head and watching are found here.
            await self._advance(run, tail)
            yield tail
        finally:
            tail.readers -= 1
            if not tail.readers and self._tails.get(run) is tail:
                del self._tails[run]

    async def _head(self, run: RunId) -> Seq:
        """Where keeping begins: a little before the end, so that short runs are kept whole."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute("SELECT seq FROM pai.run WHERE id = %s", (run,))
            row = await cursor.fetchone()
        return Seq(max(0, (row[0] if row else 0) - KEPT))
