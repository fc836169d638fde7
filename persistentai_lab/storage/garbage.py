"""Takes away blobs that nobody refers to.

A commit that refers to a blob has a foreign key on it, so it and a collection can't miss each
other: either the reference is seen here, or the commit finds the blob gone and its leg walks again.
What was put lately is left alone, for the commit that is to refer to it may be on its way.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

from psycopg import AsyncConnection

from ..ids import Workspace
from .blobs import BLOB_LOCK
from .outside import Folder, Outside
from .pool import Pool

GRACE_S = 24 * 3600.0
PAGE = 200

_Key = tuple[datetime, str, str, str]
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Collected:
    """What was taken away."""

    blobs: int = 0
    size: int = 0
    longest_s: float = 0.0
    """For how long rows were held at most."""


class Garbage:
    """Collects, a page at a time."""

    def __init__(
        self, pool: Pool, outside: Outside | FilePath, *, grace_s: float = GRACE_S
    ) -> None:
        """Large ones are kept `outside`; a path is that of a folder."""
        self._pool = pool
        self._outside = Folder(outside) if isinstance(outside, FilePath) else outside
        self._grace_s = grace_s

    async def collect(self, *, rest_s: float = 0.0) -> Collected:
        """Go through all blobs once; between two pages rest a while."""
        found = Collected()
        place: _Key | None = None
        while True:
            begun = time.monotonic()
            place, count, size = await self._page(place)
            found.longest_s = max(found.longest_s, time.monotonic() - begun)
            found.blobs += count
            found.size += size
            if place is None:
                break
            await asyncio.sleep(rest_s)
        await self._strays()
        return found

    async def waiting(self, workspace: Workspace) -> Collected:
        """How much there is to collect."""
        values = (workspace, self._grace_s)
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_COUNT, values)).fetchone()
        assert row is not None
        return Collected(*row)

    async def _page(self, after: _Key | None) -> tuple[_Key | None, int, int]:
        """Collect among the next blobs. Returns where the page ended; None at the end."""
        at = after or (_FIRST, "", "", "")
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(_UNUSED, (*at, self._grace_s, PAGE))
            rows = await cursor.fetchall()
            gone: list[tuple[Any, ...]] = []
            if rows:
                # A new snapshot, now that these are held: a reference made meanwhile is seen.
                keys = [list(column) for column in zip(*(row[1:4] for row in rows), strict=True)]
                gone = await (await connection.execute(_DELETE, keys)).fetchall()
            for sha256 in sorted(sha256 for sha256, _, is_outside in gone if is_outside):
                await self._remove_file(connection, sha256)
        place = rows[-1][:4] if len(rows) == PAGE else None
        return place, len(gone), sum(size for _, size, _ in gone)

    async def _remove_file(self, connection: AsyncConnection[tuple[Any, ...]], sha256: str) -> None:
        """Under the lock that keeping such bytes takes, too; unless another row has them."""
        await connection.execute(BLOB_LOCK, (sha256,))
        cursor = await connection.execute(_OTHERS, (sha256,))
        if await cursor.fetchone() is None:
            await self._outside.remove(sha256)

    async def _strays(self) -> None:
        """Files that were written by somebody who died before the row was."""
        old = time.time() - self._grace_s
        for sha256 in await self._outside.older_than(old):
            async with self._pool.connection() as connection, connection.transaction():
                await self._remove_file(connection, sha256)


_NOBODY = """
NOT EXISTS (SELECT FROM pai.blob_use u WHERE u.workspace = b.workspace AND u.sha256 = b.sha256
                                         AND u.media_type = b.media_type)
AND NOT EXISTS (SELECT FROM pai.file f WHERE f.workspace = b.workspace AND f.sha256 = b.sha256
                                         AND f.media_type = b.media_type)
"""
_UNUSED = f"""
SELECT used_at, workspace, sha256, media_type FROM pai.blob b
WHERE (used_at, workspace, sha256, media_type) > (%s, %s, %s, %s)
  AND used_at < now() - make_interval(secs => %s) AND {_NOBODY}
ORDER BY used_at, workspace, sha256, media_type LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DELETE = f"""
DELETE FROM pai.blob b
USING unnest(%s::text[], %s::text[], %s::text[]) AS t(workspace, sha256, media_type)
WHERE b.workspace = t.workspace AND b.sha256 = t.sha256 AND b.media_type = t.media_type
  AND {_NOBODY}
RETURNING b.sha256, b.size, b.data IS NULL
"""
_OTHERS = "SELECT FROM pai.blob WHERE sha256 = %s AND data IS NULL LIMIT 1"
_COUNT = f"""
SELECT count(*)::int, coalesce(sum(size), 0)::bigint FROM pai.blob b
WHERE workspace = %s AND used_at < now() - make_interval(secs => %s) AND {_NOBODY}
"""
