"""The slot that a worker holds, and how others notice that it no longer does.

A slot is an advisory lock: it is the worker's DBOS executor id, so that its successor finds its
legs at once. Postgres frees it the moment the process is gone.
"""

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ..storage.pool import PATIENCE
from .ability import KEEP, BlockSet
from .legs import SLOT_LOCK

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

LEASE_S = 3.0
BEAT_S = 1.0
FREE_S = 0.5
"""So long a slot may be free while its worker connects anew: that takes a fraction of it."""

_BEGIN = """
INSERT INTO pai.worker AS w (slot, executor, pid, host, blocks, status)
VALUES (%s, %s, %s, %s, %s, 'alive')
ON CONFLICT (slot) DO UPDATE SET pid = excluded.pid, host = excluded.host, beat = w.beat + 1,
    blocks = excluded.blocks, status = 'alive', started_at = now(), beat_at = now()
"""
_BEAT = """
UPDATE pai.worker SET beat = beat + 1, beat_at = now(), status = 'alive', pid = %s WHERE slot = %s
"""


class SlotLost(Exception):
    """Another worker holds our slot: this process must end, and start again under another."""


@dataclass(slots=True)
class Slot:
    """A number that one living worker holds, and the connection that holds it."""

    number: int
    connection: Connection

    @property
    def executor(self) -> str:
        """DBOS's executor id."""
        return f"worker-{self.number}"

    @classmethod
    async def take(cls, database_url: str, has: BlockSet) -> "Slot":
        """Take the first free slot, and say what the worker in it can run."""
        connection = await _connect(database_url)
        number = 1
        while not await _lock(connection, number):
            number += 1
        await connection.execute(KEEP, has.row())
        await connection.execute(
            _BEGIN,
            (number, f"worker-{number}", os.getpid(), socket.gethostname(), has.hash),
        )
        return cls(number, connection)

    async def rest(self, seconds: float) -> None:
        """Wait, but no longer than the connection lasts: others see at once that it is gone."""
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        descriptor = self.connection.fileno()
        loop.add_reader(descriptor, gone.set)
        try:
            async with asyncio.timeout(seconds):
                await gone.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(descriptor)

    async def hold(self, database_url: str) -> None:
        """Beat; after the connection was lost, take the same slot again. Raises `SlotLost`."""
        if self.connection.closed:
            self.connection = await _connect(database_url)
            if not await _lock(self.connection, self.number):
                raise SlotLost(f"slot {self.number} went to another worker")
        await self.connection.execute(
            _BEAT,
            (os.getpid(), self.number),
        )

    async def leave(self) -> None:
        """Say goodbye, so that nobody waits for our lease."""
        with suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await self.connection.execute(
                    "UPDATE pai.worker SET status = 'stopped' WHERE slot = %s", (self.number,)
                )
        await self.connection.close()


async def _connect(database_url: str) -> Connection:
    """A connection outside the pool: a slot keeps it for as long as it lives."""
    return await Connection.connect(
        database_url,
        autocommit=True,
        application_name="persistentai-slot",
        **PATIENCE,  # type: ignore[arg-type]
    )


async def _lock(connection: Connection, number: int) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (SLOT_LOCK, number))
    row = await cursor.fetchone()
    return bool(row and row[0])


@dataclass(slots=True)
class Watch:
    """Notices workers that are no more, by our own clock.

    Whose slot is free has lost its connection, mostly with its life: it is given a moment to take
    the slot again. Who holds it and does not beat hangs: it is given a lease. A jump of somebody's
    clock or the absence of the database declares nobody dead.
    """

    mine: int
    _seen: dict[int, tuple[int, float]] = field(default_factory=dict)
    _free: dict[int, float] = field(default_factory=dict)

    def dead(self, beats: list[tuple[int, str, int, str, bool]], at: float) -> list[str]:
        """Executors that are no more. `beats`: slot, executor, beat, status, whether it is held."""
        found = []
        for slot, executor, beat, status, is_held in beats:
            if slot == self.mine:
                continue
            before = self._seen.get(slot)
            if before is None or before[0] != beat:
                self._seen[slot] = (beat, at)
                self._free.pop(slot, None)
            if is_held:
                self._free.pop(slot, None)
            free_s = 0.0 if is_held else at - self._free.setdefault(slot, at)
            if status == "stopped" or free_s >= FREE_S or at - self._seen[slot][1] > LEASE_S:
                found.append(executor)
        return found

    def has_doubts(self, at: float) -> bool:
        """Whether somebody may be dead, and a look before long will tell."""
        return any(at - since < FREE_S for since in self._free.values())

    def blind(self) -> None:
        """The database was away: whoever did not beat meanwhile could not."""
        self._seen.clear()
        self._free.clear()
