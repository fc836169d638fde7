"""Large values, by content hash. Up to 1 MiB in Postgres, above that as files beside it.

A blob is put (and fsynced) before the transaction that refers to it, so a reference never dangles;
one that nobody refers to after a crash is garbage, not a loss.
"""

import asyncio
import hashlib
import os
from pathlib import Path as FilePath
from tempfile import NamedTemporaryFile

from ..errors import LabError
from ..flow.payload import Payload
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
            await asyncio.to_thread(self._write_file, sha256, payload.data)
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
        """The payload under a hash. Raises `BlobMissing`."""
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
        if data is None:
            data = await asyncio.to_thread(self._read_file, sha256)
        return Payload(bytes(data), kind)

    def _path(self, sha256: str) -> FilePath:
        return self._folder / sha256[:2] / sha256

    def _read_file(self, sha256: str) -> bytes:
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(
                f"The bytes of value {sha256[:12]}… are not in {self._folder}.",
                remedy="All workers and gateways must share one blob folder.",
            ) from None

    def _write_file(self, sha256: str, data: bytes) -> None:
        path = self._path(sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)  # a full disk needs no rest of what didn't fit
                raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
