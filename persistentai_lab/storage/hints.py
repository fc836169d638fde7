"""Tells listeners, after a commit, that there is something to read.

Never inside the commit: a notifying commit takes a lock of the whole database. One connection a
process, at most one NOTIFY every 5 ms. A hint may be lost; whoever needs certainty looks again.
"""

import asyncio
import logging

import psycopg

from ..ids import RunId, Seq
from .pool import PATIENCE

EVENTS = "pai_events"
"""Channel: `run:seq` of runs that have new events, separated by spaces."""
LEGS = "pai_legs"
"""Channel: a leg was put into the queue."""
CANCELS = "pai_cancels"
"""Channel: a run that was cancelled."""
ANSWERS = "pai_answers"
"""Channel: a run that is being walked and that something has come for, such as an answer."""

MEMORY = "pai_memory"
"""Channel: words (`bell.word_of`) for what was changed in memory, separated by spaces."""
WISHES = "pai_wishes"
"""Channel: a run of which somebody wants something else than before."""

EVERY_S = 0.005
_PAYLOAD_MAX = 7_900

log = logging.getLogger(__name__)


class Hints:
    """Collects hints and sends them together."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._heads: dict[RunId, Seq] = {}
        self._legs = False
        self._memory: set[str] = set()
        self._something = asyncio.Event()
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    def events(self, run: RunId, seq: Seq) -> None:
        """A run's events reach up to `seq`."""
        self._heads[run] = max(seq, self._heads.get(run, seq))
        self._something.set()

    def legs(self) -> None:
        """Something waits in the queue."""
        self._legs = True
        self._something.set()

    def memory(self, word: str) -> None:
        """Something in memory has changed."""
        self._memory.add(word)
        self._something.set()

    async def send_forever(self) -> None:
        """Send what was collected, until cancelled. Survives the loss of its connection."""
        try:
            while True:
                await self._something.wait()
                self._something.clear()
                try:
                    await self._send()
                except psycopg.Error as error:
                    log.info("hint lost, readers will look by themselves: %s", error)
                    await self._drop()
                    await asyncio.sleep(0.2)
                await asyncio.sleep(EVERY_S)
        finally:
            await self._drop()

    async def _send(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._database_url,
                autocommit=True,
                **PATIENCE,  # type: ignore[arg-type]
            )
        heads, self._heads = self._heads, {}
        legs, self._legs = self._legs, False
        changed, self._memory = self._memory, set()
        events = [f"{run}:{seq}" for run, seq in heads.items()]
        for channel, words in ((EVENTS, events), (MEMORY, list(changed))):
            while words:
                payload, words = _fill(words)
                await self._connection.execute("SELECT pg_notify(%s, %s)", (channel, payload))
        if legs:
            await self._connection.execute("SELECT pg_notify(%s, '')", (LEGS,))

    async def _drop(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _fill(words: list[str]) -> tuple[str, list[str]]:
    size = 0
    for count, word in enumerate(words):
        size += len(word) + 1
        if size > _PAYLOAD_MAX:
            return " ".join(words[:count]), words[count:]
    return " ".join(words), []
