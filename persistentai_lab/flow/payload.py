"""A value on its way between two bodies: JSON, or a blob (Parquet, npy, PNG). Never pickle."""

import mmap
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .sketch import Sketch

JSON = "application/json"


class File:
    """An open file with an encoded value in it: handed on as it is, and read where it lies."""

    __slots__ = ("_fd", "_path")

    def __init__(self, fd: int, path: str | None = None) -> None:
        """Takes the descriptor over, and with it the draft at `path`, if it has a name at all."""
        self._fd = fd
        self._path = path

    def __del__(self) -> None:
        os.close(self._fd)
        if self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)

    def fileno(self) -> int:
        """The descriptor, for as long as this lives."""
        return self._fd

    @property
    def is_draft(self) -> bool:
        """Whether it is gone when this is, unless it is given a name."""
        return self._path is not None or os.fstat(self._fd).st_nlink == 0

    def name(self, path: Path) -> None:
        """Keep a draft under a name; it is well if another is there, for names tell what is in."""
        if self._path is not None:
            os.replace(self._path, path)
            self._path = None
            return
        with suppress(FileExistsError):
            # With a folder, Python asks the kernel in the way that follows the link to the file.
            os.link(f"/proc/self/fd/{self._fd}", path, src_dir_fd=self._fd)

    def write(self, data: bytes | memoryview, start: int = 0) -> int:
        """Write from the beginning, or from a place on. Returns how much."""
        rest, at = memoryview(data).cast("B"), 0
        while at < len(rest):
            at += os.pwrite(self._fd, rest[at:], start + at)
        return at

    def mapped(self) -> memoryview:
        """Its bytes, without a copy. Whoever changes them changes nothing but what they see."""
        return memoryview(mmap.mmap(self._fd, 0, access=mmap.ACCESS_COPY))


@dataclass(frozen=True, slots=True)
class Payload:
    """Encoded value. `media_type` says which codec reads it."""

    data: bytes | memoryview
    media_type: str = JSON
    sketch: Sketch | None = field(default=None, compare=False)
    """What people see of it without reading it; made by whoever encoded it."""
    file: File | None = field(default=None, compare=False)
    """Where `data` lies, if not in memory."""
