"""Files, as a body is lent them."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import TypeAdapter

from ...errors import NotText
from ...ids import Json
from ..layer import Ask, Do
from .asks import (
    AnyChange,
    CommitFiles,
    Delete,
    KeepBytes,
    ListFiles,
    Move,
    Put,
    ReadFile,
    StatFile,
)
from .media import media_type_of
from .model import MAIN, Stat, Version

_STATS = TypeAdapter(list[Stat])
Content = bytes | bytearray | memoryview | str


class Files(Protocol):
    """Documents and data of the workspace, in branches of versions.

    What is read is what was committed. What is written is committed with the step's record; what a
    writing call returns stands for the commit's id, and can be an output.
    """

    async def read(
        self,
        path: str,
        *,
        branch: str = MAIN,
        at: str | None = None,
        start: int = 0,
        size: int | None = None,
    ) -> bytes:
        """The bytes of a file, or a piece of them. Raises `NotInMemory`."""
        ...

    async def read_text(self, path: str, *, branch: str = MAIN, at: str | None = None) -> str:
        """A text file. Raises `NotInMemory`; `NotText` when it is none."""
        ...

    async def stat(self, path: str, *, branch: str = MAIN, at: str | None = None) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        ...

    async def ls(
        self,
        folder: str = "",
        *,
        branch: str = MAIN,
        at: str | None = None,
        recursive: bool = False,
        after: str = "",
        limit: int = 1_000,
    ) -> list[Stat]:
        """What lies in a folder, by name."""
        ...

    async def keep(self, data: Content, *, media_type: str = ...) -> Version:
        """Keep content for a change that is to put it under a path."""
        ...

    async def write(
        self,
        path: str,
        data: Content,
        *,
        branch: str = MAIN,
        message: str = "",
        media_type: str | None = None,
    ) -> str:
        """Write a file: a commit of its own."""
        ...

    def delete(
        self, path: str, *, branch: str = MAIN, recursive: bool = False, message: str = ""
    ) -> str:
        """Delete a file, or a folder with all in it."""
        ...

    def move(self, path: str, to: str, *, branch: str = MAIN, message: str = "") -> str:
        """Give a file or a folder another path."""
        ...

    def commit(
        self,
        changes: Sequence[AnyChange],
        *,
        branch: str = MAIN,
        message: str = "",
        meta: dict[str, Json] | None = None,
        expected: str | None = None,
    ) -> str:
        """Change several files in one commit."""
        ...


class BodyFiles:
    """Implements `Files`."""

    def __init__(self, ask: Ask, do: Do) -> None:
        self._ask = ask
        self._do = do

    async def read(
        self,
        path: str,
        *,
        branch: str = MAIN,
        at: str | None = None,
        start: int = 0,
        size: int | None = None,
    ) -> bytes:
        """The bytes of a file, or a piece of them."""
        asked = ReadFile(path=path, branch=branch, at=at, start=start, size=size)
        return (await self._ask(asked)).data

    async def read_text(self, path: str, *, branch: str = MAIN, at: str | None = None) -> str:
        """A text file."""
        return text_of(path, await self.read(path, branch=branch, at=at))

    async def stat(self, path: str, *, branch: str = MAIN, at: str | None = None) -> Stat:
        """What is under a path."""
        answer = await self._ask(StatFile(path=path, branch=branch, at=at))
        return Stat.model_validate(answer.value)

    async def ls(
        self,
        folder: str = "",
        *,
        branch: str = MAIN,
        at: str | None = None,
        recursive: bool = False,
        after: str = "",
        limit: int = 1_000,
    ) -> list[Stat]:
        """What lies in a folder, by name."""
        asked = ListFiles(
            folder=folder, branch=branch, at=at, recursive=recursive, after=after, limit=limit
        )
        return _STATS.validate_python((await self._ask(asked)).value)

    async def keep(self, data: Content, *, media_type: str = "application/octet-stream") -> Version:
        """Keep content for a change that is to put it under a path."""
        raw = data.encode() if isinstance(data, str) else bytes(data)
        answer = await self._ask(KeepBytes(media_type=media_type).carrying(raw))
        return Version.model_validate(answer.value)

    async def write(
        self,
        path: str,
        data: Content,
        *,
        branch: str = MAIN,
        message: str = "",
        media_type: str | None = None,
    ) -> str:
        """Write a file: a commit of its own."""
        kept = await self.keep(data, media_type=media_type or media_type_of(path))
        put = Put(path=path, sha256=kept.sha256, media_type=kept.media_type)
        return self.commit([put], branch=branch, message=message)

    def delete(
        self, path: str, *, branch: str = MAIN, recursive: bool = False, message: str = ""
    ) -> str:
        """Delete a file, or a folder with all in it."""
        return self.commit([Delete(path=path, recursive=recursive)], branch=branch, message=message)

    def move(self, path: str, to: str, *, branch: str = MAIN, message: str = "") -> str:
        """Give a file or a folder another path."""
        return self.commit([Move(path=path, to=to)], branch=branch, message=message)

    def commit(
        self,
        changes: Sequence[AnyChange],
        *,
        branch: str = MAIN,
        message: str = "",
        meta: dict[str, Json] | None = None,
        expected: str | None = None,
    ) -> str:
        """Change several files in one commit."""
        said: dict[str, Any] = {"branch": branch, "message": message, "expected": expected}
        commit: str = self._do(CommitFiles(changes=tuple(changes), meta=meta or {}, **said))
        return commit


def text_of(path: str, data: bytes) -> str:
    """Bytes as text. Raises `NotText`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(
            f"{path!r} is no text in UTF-8: byte {error.start:,} fits nowhere.",
            remedy="Read its bytes instead.",
        ) from None
