"""Rings when something in memory was changed, for those who wait for it.

It says only that there may be something to read: who is woken, reads on from where they were. A
ring may be lost with its hint; so nobody waits longer than `LOOK_EVERY_S` without looking.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg

from ..ids import Workspace
from .hints import MEMORY
from .listening import listening

LOOK_EVERY_S = 2.0
T = TypeVar("T")

log = logging.getLogger(__name__)


def word_of(layer: str, workspace: Workspace, target: str) -> str:
    """How a thing in memory is called in hints: short, whatever its name."""
    return hashlib.sha256(f"{layer}\0{workspace}\0{target}".encode()).hexdigest()[:24]


class Bell:
    """One a process. Only whoever waits listens."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def until(self, word: str, look: Callable[[], Awaitable[T]], within_s: float) -> T:
        """Look until there is something, or the time is over; returns what was seen last."""
        end = time.monotonic() + within_s
        with self._rung(word) as rung:
            while True:
                rung.clear()
                if (seen := await look()) or time.monotonic() >= end:
                    return seen
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(LOOK_EVERY_S, end - time.monotonic())):
                        await rung.wait()

    @contextmanager
    def _rung(self, word: str) -> Iterator[asyncio.Event]:
        rung = asyncio.Event()
        self._waiting.setdefault(word, set()).add(rung)
        try:
            yield rung
        finally:
            self._waiting[word].discard(rung)
            if not self._waiting[word]:
                del self._waiting[word]

    async def listen_forever(self) -> None:
        """Ring for hints, until cancelled."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                log.info("bell: not listening: %s", error)
            await asyncio.sleep(0.2)

    async def _listen(self) -> None:
        async with listening(self._database_url, MEMORY, name="persistentai-bell") as notices:
            async for notice in notices:
                for word in notice.payload.split():
                    for rung in self._waiting.get(word, ()):
                        rung.set()
