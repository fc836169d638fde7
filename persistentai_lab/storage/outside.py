"""Where large values lie beside the database: a folder that all our processes see, or S3."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path as FilePath
from tempfile import mkstemp
from typing import Protocol

from ..flow.payload import File, Payload
from .s3 import S3, S3Settings


class Outside(Protocol):
    """Keeps bytes under their SHA-256. Twice is once."""

    @property
    def place(self) -> str:
        """As people are told."""
        ...

    def draft(self) -> File:
        """A file that a value may be written to, on its way here."""
        ...

    async def put(self, sha256: str, payload: Payload) -> None:
        """Keep a payload: when this returns, a crash doesn't take it away."""
        ...

    async def open(self, sha256: str) -> File:
        """Its bytes. Raises `FileNotFoundError`."""
        ...

    async def remove(self, sha256: str) -> None:
        """Take it away, if it is there."""
        ...

    async def older_than(self, moment: float) -> list[str]:
        """All that was put before a moment (seconds since 1970)."""
        ...


def chosen(folder: FilePath, environ: Mapping[str, str] = os.environ) -> Outside:
    """S3 where the settings name a bucket, else the folder. Raises `MemoryRefused`."""
    here = Folder(folder)
    settings = S3Settings.of(environ)
    return here if settings is None else Moved(S3(settings), here)


class Folder:
    """A folder."""

    def __init__(self, folder: FilePath) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """Where it is."""
        return str(self._folder)

    def draft(self) -> File:
        """A file that a large value may be written to: `put` keeps it without copying it."""
        with suppress(OSError):  # a kernel or a file system that knows no nameless files
            return File(os.open(self._folder, os.O_TMPFILE | os.O_RDWR, 0o600))
        return File(*mkstemp(dir=self._folder))

    async def put(self, sha256: str, payload: Payload) -> None:
        """Keep a payload."""
        await asyncio.to_thread(self._write, sha256, payload)

    async def open(self, sha256: str) -> File:
        """Its bytes. Raises `FileNotFoundError`."""
        path = path_of(self._folder, sha256)
        return File(await asyncio.to_thread(os.open, path, os.O_RDONLY))

    async def remove(self, sha256: str) -> None:
        """Take it away, if it is there."""
        with suppress(FileNotFoundError):
            await asyncio.to_thread(path_of(self._folder, sha256).unlink)

    async def older_than(self, moment: float) -> list[str]:
        """All that was put before a moment."""
        return await asyncio.to_thread(_older_than, self._folder, moment)

    def _write(self, sha256: str, payload: Payload) -> None:
        path = path_of(self._folder, sha256)
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


class Moved:
    """S3, by a runtime that had a folder before: what lies there is still read."""

    def __init__(self, store: S3, folder: Folder) -> None:
        self._store = store
        self._folder = folder

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self._store.place} or {self._folder.place}"

    def draft(self) -> File:
        """A file that a value may be written to, on its way there."""
        return self._folder.draft()

    async def put(self, sha256: str, payload: Payload) -> None:
        """Keep a payload."""
        await self._store.put(sha256, payload)

    async def open(self, sha256: str) -> File:
        """Its bytes. Raises `FileNotFoundError`."""
        with suppress(FileNotFoundError):
            return await self._folder.open(sha256)
        return await self._store.get(sha256, self._folder.draft())

    async def remove(self, sha256: str) -> None:
        """Take it away, if it is there."""
        await self._folder.remove(sha256)
        await self._store.remove(sha256)

    async def older_than(self, moment: float) -> list[str]:
        """All that was put before a moment."""
        here = await self._folder.older_than(moment)
        return [*here, *await self._store.older_than(moment)]


def path_of(folder: FilePath, sha256: str) -> FilePath:
    """Where the bytes of a large blob lie."""
    return folder / sha256[:2] / sha256


def _older_than(folder: FilePath, moment: float) -> list[str]:
    found = []
    for file in folder.glob("??/*"):
        with suppress(FileNotFoundError):
            if len(file.name) == 64 and file.stat().st_mtime < moment:
                found.append(file.name)
    return found
