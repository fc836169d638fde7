"""Keeps the database bounded: values of old runs, blobs of nobody, DBOS's rows of ended legs.

A worker looks seldom, one worker at a time, and rests between batches. It lets go only of what was
due at its look before, too, by its own clock a while ago: a clock that jumps for a moment, and is
set right again, loses nothing.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..ids import RunId, Workspace
from ..storage.expiry import Expired, Expiry
from ..storage.garbage import Collected, Garbage
from ..storage.policy import Policies, Policy
from ..storage.pool import Pool, is_away
from ..storage.records import sweep as sweep_records
from .legs import FORGET, QUEUE

FIRST_AFTER_S = 120.0
EVERY_S = 600.0
AT_MOST_S = 30.0
"""How long a worker's look may go on."""
REST_S = 0.2
LEGS_KEPT_S = 3600
LEGS_A_PAGE = 500
_LOCK = 0x70616905

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did, or would do."""

    runs: int = 0
    """Whose values went."""
    blobs: int = 0
    blob_bytes: int = 0
    legs: int = 0
    """Of DBOS, with what it keeps of each."""
    longest_s: float = 0.0
    """For how long rows were held at most."""
    more: bool = False
    """Whether there is more to do."""


class Retention:
    """Sweeps."""

    def __init__(
        self, pool: Pool, policies: Policies, garbage: Garbage, *, legs_kept_s: int = LEGS_KEPT_S
    ) -> None:
        self._pool = pool
        self._policies = policies
        self._expiry = Expiry(pool)
        self._garbage = garbage
        self._legs_kept_s = legs_kept_s

    async def would(self, workspace: Workspace, policy: Policy | None = None) -> Swept:
        """What a sweep would do with a workspace; bytes that its runs hold are not counted yet."""
        due = await self._expiry.due(workspace, policy or await self._policies.of(workspace))
        waiting = await self._garbage.waiting(workspace)
        return Swept(runs=len(due), blobs=waiting.blobs, blob_bytes=waiting.size)

    async def sweep(self, workspace: Workspace, *, at_most_s: float = AT_MOST_S) -> Swept:
        """Do it now, for a while; `more` says whether to come again."""
        until = time.monotonic() + at_most_s
        due = await self._expiry.due(workspace, await self._policies.of(workspace))
        expired = await self._expiry.expire(due, until=until)
        more = bool(due) and time.monotonic() > until
        collected = Collected() if more else await self._garbage.collect()
        return _told(expired, collected, await self._forget_legs(), more=more)

    async def look_after(self) -> None:
        """Look now and then, for ever."""
        before: set[RunId] = set()
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            try:
                before = await self.look(before)
            except Exception as error:  # the next look will do what this one could not
                if not is_away(error):
                    log.exception("retention: this look failed")
            await asyncio.sleep(EVERY_S)

    async def look(self, before: set[RunId]) -> set[RunId]:
        """One look of a worker. Returns what is due, to be given to the next look."""
        async with self._alone() as is_alone:
            if not is_alone:
                return set()
            until = time.monotonic() + AT_MOST_S
            found: set[RunId] = set()
            expired = Expired()
            for workspace in await self._policies.workspaces():
                due = await self._expiry.due(workspace, await self._policies.of(workspace))
                found |= set(due)
                twice = [run for run in due if run in before]
                done = await self._expiry.expire(twice, rest_s=REST_S, until=until)
                expired.runs += done.runs
                expired.held(done.longest_s)
            collected = await self._garbage.collect(rest_s=REST_S)
            swept = _told(expired, collected, await self._forget_legs(rest_s=REST_S), more=False)
            await sweep_records(self._pool)
            if swept.runs or swept.blobs or swept.legs:
                log.info("retention: %s", swept)
            return found

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """One worker is enough; the others look another time."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            row = await cursor.fetchone()
            is_alone = bool(row and row[0])
            try:
                yield is_alone
            finally:
                if is_alone and not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))

    async def _forget_legs(self, *, rest_s: float = 0.0) -> int:
        forgotten = 0
        values = {"older_s": self._legs_kept_s, "queue": QUEUE, "limit": LEGS_A_PAGE}
        while True:
            async with self._pool.connection() as connection:
                count = (await connection.execute(FORGET, values)).rowcount
            forgotten += count
            if count < LEGS_A_PAGE:
                return forgotten
            await asyncio.sleep(rest_s)


def _told(expired: Expired, collected: Collected, legs: int, *, more: bool) -> Swept:
    return Swept(
        runs=expired.runs,
        blobs=collected.blobs,
        blob_bytes=collected.size,
        legs=legs,
        longest_s=max(expired.longest_s, collected.longest_s),
        more=more,
    )
