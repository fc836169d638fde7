"""Large values, by content hash. Up to 1 MiB in Postgres, above that beside it (`outside.py`).

A blob is put (and fsynced) before the transaction that refers to it, so a reference never dangles;
one that nobody refers to after a crash is garbage, not a loss.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from psycopg import AsyncConnection

from ..errors import LabError
from ..flow.payload import File, Payload
from ..ids import Workspace
from .arrays import Texts
from .outside import Folder, Outside
from .pool import Pool

DATABASE_MAX = 1 << 20
"""Bytes a blob may have to live inside Postgres."""
BLOB_LOCK = "SELECT pg_advisory_xact_lock(0x70616904, hashtext(%s))"
"""Held while a file is given its row, or is taken away: so that neither misses the other."""


class BlobMissing(LabError):
    """A referenced value is not there (its file was removed, or it belongs to another machine)."""

    code = "blob_missing"
    http_status = 404


class Blobs:
    """Content-addressed values of all workspaces."""

    def __init__(self, pool: Pool, outside: Outside | FilePath) -> None:
        """Large ones are kept `outside`; a path is that of a folder."""
        self._pool = pool
        self._outside = Folder(outside) if isinstance(outside, FilePath) else outside

    async def put(self, workspace: Workspace, payload: Payload, *, owner: str, caller: str) -> str:
        """Keep a payload; returns its SHA-256. Twice is once."""
        sha256 = await asyncio.to_thread(_digest, payload.data)
        inside = len(payload.data) <= DATABASE_MAX
        if not inside:
            await self._outside.put(sha256, payload)
        row = {
            "workspace": workspace, "sha256": sha256, "media_type": payload.media_type,
            "size": len(payload.data), "data": payload.data if inside else None,
            "owner": owner, "caller": caller,
        }  # fmt: skip
        async with self._pool.connection() as connection:
            if inside:
                await connection.execute(_PUT, row)
                return sha256
            async with connection.transaction():
                await connection.execute(BLOB_LOCK, (sha256,))
                await connection.execute(_PUT, row)
                # It may have been there, and collected before we had the lock.
                again = Payload(payload.data, payload.media_type)
                await self._outside.put(sha256, again)
        return sha256

    async def put_all(
        self, workspace: Workspace, payloads: Sequence[Payload], *, owner: str, caller: str
    ) -> list[str]:
        """Keep many; their SHA-256s in order. Small ones go in one statement."""
        found = await asyncio.to_thread(lambda: [_digest(each.data) for each in payloads])
        small = {
            (sha256, each.media_type): each.data
            for sha256, each in zip(found, payloads, strict=True)
            if not _large(each)
        }
        for each in filter(_large, payloads):
            await self.put(workspace, each, owner=owner, caller=caller)
        if small:
            ordered = sorted(small)  # rows are locked in one order, whoever comes
            values = {
                "workspace": workspace, "owner": owner, "caller": caller,
                "hashes": Texts(sha256 for sha256, _ in ordered),
                "kinds": Texts(kind for _, kind in ordered),
                "data": [bytes(small[key]) for key in ordered],
            }  # fmt: skip
            async with self._pool.connection() as connection:
                await connection.execute(_PUT_ALL, values)
        return found

    async def get(
        self, workspace: Workspace, sha256: str, media_type: str | None = None
    ) -> Payload:
        """The payload under a hash, read whole. Raises `BlobMissing`."""
        payload = await self.open(workspace, sha256, media_type)
        return Payload(await asyncio.to_thread(bytes, payload.data), payload.media_type)

    async def open(
        self, workspace: Workspace, sha256: str, media_type: str | None = None
    ) -> Payload:
        """The payload under a hash; a large one stays in its file. Raises `BlobMissing`."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                """SELECT media_type, data FROM pai.blob WHERE workspace = %s AND sha256 = %s
                   AND media_type = coalesce(%s, media_type) LIMIT 1""",
                (workspace, sha256, media_type),
            )
            row = await cursor.fetchone()
        if row is None:
            raise BlobMissing(
                f"No value {sha256[:12]}… in workspace {workspace!r}.",
                remedy="It was never here, or no run that is kept refers to it any more.",
            )
        kind, data = row
        if data is not None:
            return Payload(bytes(data), kind)
        file = await self._open_file(sha256)
        return Payload(file.mapped(), kind, file=file)

    def draft(self) -> File:
        """A file that a large value may be written to: `put` keeps it without copying it."""
        return self._outside.draft()

    async def _open_file(self, sha256: str) -> File:
        try:
            return await self._outside.open(sha256)
        except FileNotFoundError:
            raise BlobMissing(
                f"The bytes of value {sha256[:12]}… are not in {self._outside.place}.",
                remedy="All workers and gateways must share one blob folder, or one bucket.",
            ) from None


async def put_inside(
    connection: AsyncConnection[tuple[Any, ...]],
    workspace: Workspace,
    payload: Payload,
    *,
    owner: str,
    caller: str,
) -> str:
    """Keep a small payload in the transaction of `connection`; returns its SHA-256."""
    sha256 = _digest(payload.data)
    await connection.execute(
        _PUT,
        {
            "workspace": workspace, "sha256": sha256, "media_type": payload.media_type,
            "size": len(payload.data), "data": payload.data, "owner": owner, "caller": caller,
        },
    )  # fmt: skip
    return sha256


_PUT = """
INSERT INTO pai.blob (workspace, sha256, media_type, size, data, owner, caller)
VALUES (%(workspace)s, %(sha256)s, %(media_type)s, %(size)s, %(data)s, %(owner)s, %(caller)s)
ON CONFLICT (workspace, sha256, media_type) DO UPDATE SET used_at = now()
WHERE blob.used_at < now() - interval '10 minutes'
"""


_PUT_ALL = """
INSERT INTO pai.blob (workspace, sha256, media_type, size, data, owner, caller)
SELECT %(workspace)s, n.sha256, n.media_type, length(n.data), n.data, %(owner)s, %(caller)s
FROM unnest(%(hashes)s::text[], %(kinds)s::text[], %(data)s::bytea[])
     AS n(sha256, media_type, data)
ON CONFLICT (workspace, sha256, media_type) DO UPDATE SET used_at = now()
WHERE blob.used_at < now() - interval '10 minutes'
"""


def _large(payload: Payload) -> bool:
    return len(payload.data) > DATABASE_MAX


def _digest(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()
