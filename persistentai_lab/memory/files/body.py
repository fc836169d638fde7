"""Files, as a body is lent them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ...errors import NotText
from ...ids import Json
from ..layer import Ask, Do
from . import asks
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
from .model import MAIN, Change, Commit, Difference, Line, Stat, Version

_STATS = TypeAdapter(list[Stat])
_COMMITS = TypeAdapter(list[Commit])
_CHANGES = TypeAdapter(list[Change])
_LINES = TypeAdapter(list[Line])
Content = bytes | bytearray | memoryview | str


class Files:
    """Documents and data of the workspace, in branches of versions.

    What is read is what was committed. What is written is committed with the step's record; what a
    writing call returns stands for the commit's id, and can be an output.
    """

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
        """The bytes of a file, or a piece of them. Raises `NotInMemory`."""
        asked = ReadFile(path=path, branch=branch, at=at, start=start, size=size)
        return (await self._ask(asked)).data

    async def read_text(self, path: str, *, branch: str = MAIN, at: str | None = None) -> str:
        """A text file. Raises `NotInMemory`; `NotText` when it is none."""
        return text_of(path, await self.read(path, branch=branch, at=at))

    async def stat(self, path: str, *, branch: str = MAIN, at: str | None = None) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
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

    async def find(
        self, pattern: str, *, branch: str = MAIN, at: str | None = None, limit: int = 1_000
    ) -> list[Stat]:
        """Files by a pattern: `*` and `?` within a name, `**` across folders."""
        asked = asks.FindFiles(pattern=pattern, branch=branch, at=at, limit=limit)
        return _STATS.validate_python((await self._ask(asked)).value)

    async def log(
        self,
        path: str | None = None,
        *,
        branch: str = MAIN,
        at: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Commit]:
        """Commits of a branch, newest first, or those that changed a path."""
        asked = asks.LogFiles(path=path, branch=branch, at=at, before=before, limit=limit)
        return _COMMITS.validate_python((await self._ask(asked)).value)

    async def diff(
        self, a: str | None = None, b: str = MAIN, *, limit: int = 10_000
    ) -> list[Change]:
        """Paths that differ between two versions."""
        answer = await self._ask(asks.DiffFiles(a=a, b=b, limit=limit))
        return _CHANGES.validate_python(answer.value)

    async def compare(self, path: str, a: str | None = None, b: str = MAIN) -> Difference:
        """How the content of a path differs between two versions."""
        answer = await self._ask(asks.CompareFile(path=path, a=a, b=b))
        return Difference.model_validate(answer.value)

    async def blame(self, path: str, *, branch: str = MAIN, at: str | None = None) -> list[Line]:
        """The lines of a text, each with the commit that made it."""
        answer = await self._ask(asks.BlameFile(path=path, branch=branch, at=at))
        return _LINES.validate_python(answer.value)

    def branch(self, name: str, source: str = MAIN) -> str | None:
        """Begin a branch from a version; None when nothing was committed there yet."""
        commit: str | None = self._do(asks.CreateBranch(name=name, source=source))
        return commit

    def tag(self, name: str, version: str = MAIN, *, message: str = "") -> str:
        """Give a version a name that stays with it."""
        commit: str = self._do(asks.TagVersion(name=name, version=version, message=message))
        return commit

    def restore(
        self,
        to: str,
        *,
        branch: str = MAIN,
        paths: Sequence[str] | None = None,
        message: str = "",
    ) -> str:
        """Bring back an older version, or some paths of it."""
        some = None if paths is None else tuple(paths)
        commit: str = self._do(asks.Restore(to=to, branch=branch, paths=some, message=message))
        return commit

    def merge(
        self,
        source: str,
        into: str = MAIN,
        *,
        message: str = "",
        favour: str | None = None,
        conflicts: str = "refuse",
        resolutions: Mapping[str, Any] | None = None,
    ) -> dict[str, Json]:
        """Bring what happened on another branch into this one; stands for a `Merged`."""
        said: dict[str, Any] = {
            "favour": favour, "conflicts": conflicts, "resolutions": dict(resolutions or {})
        }  # fmt: skip
        merged: dict[str, Json] = self._do(
            asks.Merge(source=source, branch=into, message=message, **said)
        )
        return merged


def text_of(path: str, data: bytes) -> str:
    """Bytes as text. Raises `NotText`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(
            f"{path!r} is no text in UTF-8: byte {error.start:,} fits nowhere.",
            remedy="Read its bytes instead.",
        ) from None
