"""Large values, by content hash. Up to 1 MiB in Postgres, above that as files beside it.

A blob is put (and fsynced) before the transaction that refers to it, so a reference never dangles;
one that nobody refers to after a crash is garbage, not a loss.
"""

import asyncio
import hashlib
import os
from contextlib import suppress
from pathlib import Path as FilePath
from tempfile import mkstemp

from ..errors import LabError
from ..flow.payload import File, Payload
from ..ids import Workspace
from .pool import Pool

DATABASE_MAX = 1 << 20
"""Bytes a blob may have to live inside Postgres."""


class BlobMissing(LabError):
    """A referenced value is not there (its file was removed, or it belongs to another machine)."""

    code = "blob_missing"
    http_status = 404


class Blobs:
    """Content-addressed values of all workspaces."""

    def __init__(self, pool: Pool, folder: FilePath) -> None:
        self._pool = pool
        self._folder = folder

    async def put(self, workspace: Workspace, payload: Payload, *, owner: str, caller: str) -> str:
        """Keep a payload; returns its SHA-256. Twice is once."""
        sha256 = await asyncio.to_thread(_digest, payload.data)
        inside = len(payload.data) <= DATABASE_MAX
        if not inside:
            await asyncio.to_thread(self._write_file, sha256, payload)
        async with self._pool.connection() as connection:
            await connection.execute(
                """INSERT INTO pai.blob (workspace, sha256, media_type, size, data, owner, caller)
                   VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                (
                    workspace, sha256, payload.media_type, len(payload.data),
                    payload.data if inside else None, owner, caller,
                ),
            )  # fmt: skip
        return sha256

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
            raise BlobMissing(f"No value {sha256[:12]}… in workspace {workspace!r}.")
        kind, data = row
        if data is not None:
            return Payload(bytes(data), kind)
        file = await asyncio.to_thread(self._open_file, sha256)
        return Payload(file.mapped(), kind, file=file)

    def draft(self) -> File:
        """A file that a large value may be written to: `put` keeps it without copying it."""
        with suppress(OSError):  # a kernel or a file system that knows no nameless files
            return File(os.open(self._folder, os.O_TMPFILE | os.O_RDWR, 0o600))
        return File(*mkstemp(dir=self._folder))

    def _path(self, sha256: str) -> FilePath:
        return self._folder / sha256[:2] / sha256

    def _open_file(self, sha256: str) -> File:
        try:
            return File(os.open(self._path(sha256), os.O_RDONLY))
        except FileNotFoundError:
            raise BlobMissing(
                f"The bytes of value {sha256[:12]}… are not in {self._folder}.",
                remedy="All workers and gateways must share one blob folder.",
            ) from None

    def _write_file(self, sha256: str, payload: Payload) -> None:
        path = self._path(sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = payload.file
        if draft is None or not draft.is_draft:
            draft = self.draft()
            draft.write(payload.data)
        os.fsync(draft.fileno())
        draft.name(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _digest(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()
