"""Files, as a client asks for them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from pydantic import TypeAdapter

from ...ids import Json
from ...memory.files.asks import AnyChange, Delete, Move, Put
from ...memory.files.body import text_of
from ...memory.files.media import media_type_of
from ...memory.files.model import (
    MAIN,
    Branch,
    Change,
    Commit,
    Difference,
    FilesVerdict,
    Line,
    Merged,
    Stat,
    Tag,
    Version,
)
from ...memory.files.path import checked
from ..transport import Transport

if TYPE_CHECKING:
    import pandas as pd

_STATS = TypeAdapter(list[Stat])
_COMMITS = TypeAdapter(list[Commit])
_CHANGES = TypeAdapter(list[Change])
_LINES = TypeAdapter(list[Line])
_BRANCHES = TypeAdapter(list[Branch])
_TAGS = TypeAdapter(list[Tag])
PIECE = 1 << 20
PATIENCE_S = 600.0
"""For what is large: it is hashed and flushed to disk before the answer."""


class Files:
    """Documents and data of a workspace, in branches of versions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def write(
        self,
        path: str,
        data: Any,
        *,
        branch: str = MAIN,
        message: str = "",
        media_type: str | None = None,
        was: str | None = None,
        key: str | None = None,
    ) -> str:
        """Write a file: a commit of its own. Returns the commit's id.

        Args:
            path: `folder/name.txt`.
            data: Text, bytes, a DataFrame (as Parquet, or CSV where the name says so), an open
                binary file, or the `pathlib.Path` of a local one.
            branch: Where to.
            message: What for.
            media_type: What it is, if the name doesn't tell.
            was: The hash that must be there now, or `""` for no file: else `WriteConflict`.
            key: The same key twice is one commit.
        """
        headers = {
            "Content-Type": media_type or media_type_of(path),
            "Idempotency-Key": key or str(uuid4()),
        }
        if was is not None:
            headers |= {"If-Match": was} if was else {"If-None-Match": "*"}
        answer = self._transport.send(
            "PUT", _path(branch, path), params=_said(message=message),
            content=_content(path, data), headers=headers, timeout_s=PATIENCE_S,
        )  # fmt: skip
        return str(answer.json()["commit"])

    def read(self, path: str, *, branch: str = MAIN, at: str | None = None) -> bytes:
        """The bytes of a file. `at` is a tag, a commit, or a moment; else the newest version."""
        return self._transport.send("GET", _path(branch, path), params=_said(at=at)).content

    def read_text(self, path: str, *, branch: str = MAIN, at: str | None = None) -> str:
        """A text file. Raises `NotText` when it is none."""
        return text_of(path, self.read(path, branch=branch, at=at))

    def read_table(self, path: str, *, branch: str = MAIN, at: str | None = None) -> "pd.DataFrame":
        """A CSV, TSV, Parquet or JSON-lines file as a pandas DataFrame. Raises `NodeError`."""
        from ...blocks.files.tables import read_as_named

        return read_as_named(path, self.read(path, branch=branch, at=at))

    def read_range(
        self, path: str, start: int, end: int, *, branch: str = MAIN, at: str | None = None
    ) -> bytes:
        """Bytes from `start` to before `end`."""
        if end <= start:
            return b""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        answer = self._transport.send(
            "GET", _path(branch, path), params=_said(at=at), headers=headers
        )
        return answer.content

    def download(
        self, path: str, to: str | Path, *, branch: str = MAIN, at: str | None = None
    ) -> Path:
        """Fetch a file of any size to a local one."""
        target = Path(to)
        pieces = self._transport.stream(_path(branch, path), params=_said(at=at))
        with closing(pieces), target.open("wb") as file:  # type: ignore[type-var]
            for piece in pieces:
                file.write(piece)
        return target

    def stat(self, path: str, *, branch: str = MAIN, at: str | None = None) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        where = f"/memory/file-stat/{quote(branch)}/{quote(checked(path))}"
        return Stat.model_validate(self._transport.get(where, _said(at=at)))

    def ls(
        self,
        folder: str = "",
        *,
        branch: str = MAIN,
        at: str | None = None,
        recursive: bool = False,
        after: str = "",
        limit: int = 1_000,
    ) -> list[Stat]:
        """What lies in a folder, by name: a page of it after the path `after`."""
        params = _said(folder=folder, at=at, recursive=recursive, after=after, limit=limit)
        answer = self._transport.get(f"/memory/files/{quote(branch)}", params)
        return _STATS.validate_python(answer["files"])

    def walk(
        self, folder: str = "", *, branch: str = MAIN, at: str | None = None, limit: int = 10_000
    ) -> Iterator[Stat]:
        """All files below a folder, a page at a time."""
        after = ""
        while page := self.ls(
            folder, branch=branch, at=at, recursive=True, after=after, limit=limit
        ):
            yield from page
            after = page[-1].path
            if len(page) < limit:
                return

    def keep(self, data: Any, *, path: str = "", media_type: str | None = None) -> Version:
        """Keep content for a commit that is to put it under a path."""
        answer = self._transport.send(
            "POST", "/memory/file-content", content=_content(path, data),
            headers={"Content-Type": media_type or media_type_of(path)}, timeout_s=PATIENCE_S,
        )  # fmt: skip
        return Version.model_validate(answer.json())

    def put(self, path: str, data: Any, *, media_type: str | None = None) -> Put:
        """A change for `commit`; its content is sent at once."""
        kept = self.keep(data, path=path, media_type=media_type)
        return Put(path=path, sha256=kept.sha256, media_type=kept.media_type)

    def delete(
        self, path: str, *, branch: str = MAIN, recursive: bool = False, message: str = ""
    ) -> str:
        """Delete a file, or a folder with all in it. Returns the commit's id."""
        change = Delete(path=path, recursive=recursive)
        return self.commit([change], branch=branch, message=message)

    def move(self, path: str, to: str, *, branch: str = MAIN, message: str = "") -> str:
        """Give a file or a folder another path. Returns the commit's id."""
        return self.commit([Move(path=path, to=to)], branch=branch, message=message)

    def commit(
        self,
        changes: Sequence[AnyChange],
        *,
        branch: str = MAIN,
        message: str = "",
        meta: dict[str, Json] | None = None,
        expected: str | None = None,
        key: str | None = None,
    ) -> str:
        """Change several files, all or none. Returns the commit's id.

        Args:
            changes: From `put`, or `Put`, `Delete` and `Move`.
            branch: Where.
            message: What for.
            meta: Anything to note with it.
            expected: The commit that must be the newest, or `""` for none: else `WriteConflict`.
            key: The same key twice is one commit.
        """
        said = {
            "changes": [change.model_dump(mode="json") for change in changes],
            "message": message, "meta": meta or {}, "expected": expected,
        }  # fmt: skip
        headers = {"Idempotency-Key": key or str(uuid4())}
        answer = self._transport.post(
            f"/memory/file-commits/{quote(branch)}", said, headers=headers
        )
        return str(answer["commit"])

    def take_over(
        self,
        changes: Sequence[AnyChange],
        *,
        branch: str = MAIN,
        also: Sequence[str] = (),
        message: str = "",
        meta: dict[str, Json] | None = None,
        expected: str | None = None,
        key: str | None = None,
    ) -> str:
        """Enter a version that was made elsewhere. Returns the commit's id.

        Like `commit`, but it may change nothing, and have come from other versions `also`.
        """
        said = {
            "changes": [change.model_dump(mode="json") for change in changes],
            "also": list(also), "message": message, "meta": meta or {}, "expected": expected,
        }  # fmt: skip
        return str(self._post(f"/memory/file-takeovers/{quote(branch)}", said, key)["commit"])

    # --- versions ---------------------------------------------------------------------------------

    def find(
        self, pattern: str, *, branch: str = MAIN, at: str | None = None, limit: int = 10_000
    ) -> list[Stat]:
        """Files by a pattern: `*` and `?` within a name, `**` across folders."""
        params = _said(pattern=pattern, at=at, limit=limit)
        answer = self._transport.get(f"/memory/file-search/{quote(branch)}", params)
        return _STATS.validate_python(answer["files"])

    def log(
        self,
        path: str | None = None,
        *,
        branch: str = MAIN,
        at: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Commit]:
        """Commits of a branch, newest first, or those that changed a path."""
        params = _said(path=path, at=at, before=before, limit=limit)
        answer = self._transport.get(f"/memory/file-commits/{quote(branch)}", params)
        return _COMMITS.validate_python(answer["commits"])

    def diff(
        self, a: str | None = None, b: str = MAIN, *, after: str = "", limit: int = 10_000
    ) -> list[Change]:
        """Paths that differ between two versions.

        A version is a branch, a tag, a commit, or a branch as it was (`main@2026-11-30T09:30Z`).
        Without `a`, it is what the newest commit of `b` changed. A page begins after the path
        `after`.
        """
        params = _said(a=a, b=b, after=after, limit=limit)
        answer = self._transport.get("/memory/file-changes", params)
        return _CHANGES.validate_python(answer["changes"])

    def compare(self, path: str, a: str | None = None, b: str = MAIN) -> Difference:
        """How the content of a path differs: by lines, values, cells, or rows and cells."""
        where = f"/memory/file-difference/{quote(checked(path))}"
        return Difference.model_validate(self._transport.get(where, _said(a=a, b=b)))

    def blame(self, path: str, *, branch: str = MAIN, at: str | None = None) -> list[Line]:
        """The lines of a text, each with the commit that made it."""
        where = f"/memory/file-blame/{quote(branch)}/{quote(checked(path))}"
        return _LINES.validate_python(self._transport.get(where, _said(at=at))["lines"])

    def branches(self) -> list[Branch]:
        """Branches by name."""
        return _BRANCHES.validate_python(self._transport.get("/memory/file-branches")["branches"])

    def branch(self, name: str, source: str = MAIN) -> str | None:
        """Begin a branch from a version. Returns the commit that it points to."""
        said = {"name": name, "source": source}
        commit: str | None = self._transport.post("/memory/file-branches", said)["commit"]
        return commit

    def delete_branch(self, name: str) -> None:
        """Take a branch away. Its commits stay."""
        self._transport.request("DELETE", f"/memory/file-branches/{quote(name)}", repeatable=False)

    def tags(self) -> list[Tag]:
        """Tags by name."""
        return _TAGS.validate_python(self._transport.get("/memory/file-tags")["tags"])

    def tag(self, name: str, version: str = MAIN, *, message: str = "") -> str:
        """Give a version a name that stays with it. Returns its commit."""
        said = {"name": name, "version": version, "message": message}
        return str(self._transport.post("/memory/file-tags", said)["commit"])

    def delete_tag(self, name: str) -> None:
        """Take a name from a version."""
        self._transport.request("DELETE", f"/memory/file-tags/{quote(name)}", repeatable=False)

    def verify(self, *, anchor: str | None = None) -> FilesVerdict:
        """Whether all commits are as they were made; `anchor` is one that you noted elsewhere."""
        answer = self._transport.send(
            "GET", "/memory/file-verdict", params=_said(anchor=anchor), timeout_s=PATIENCE_S
        )
        return FilesVerdict.model_validate(answer.json())

    def erase(
        self, path: str, *, branch: str = MAIN, reason: str = "", key: str | None = None
    ) -> dict[str, Any]:
        """Erase what a path had in it from all versions, on all branches, for good.

        Returns the `commit` that says so, how many `versions` were erased, and paths that `also`
        have the same content, which stays there.
        """
        said = {"path": path, "reason": reason}
        answer: dict[str, Any] = self._post(f"/memory/file-erasures/{quote(branch)}", said, key)
        return answer

    def restore(
        self,
        to: str,
        *,
        branch: str = MAIN,
        paths: Sequence[str] | None = None,
        message: str = "",
        key: str | None = None,
    ) -> str | None:
        """Bring back an older version, or some paths of it, as a new commit. Returns its id.

        Args:
            to: A commit, a tag, a branch, or a moment of this branch (`2026-11-30T09:30Z`).
            branch: Where.
            paths: Files and folders; None is everything.
            message: What for.
            key: The same key twice is one commit.
        """
        said = {"to": to, "paths": None if paths is None else list(paths), "message": message}
        answer = self._post(f"/memory/file-restores/{quote(branch)}", said, key)
        commit: str | None = answer["commit"]
        return commit

    def merge(
        self,
        source: str,
        into: str = MAIN,
        *,
        message: str = "",
        favour: str | None = None,
        resolutions: Mapping[str, Any] | None = None,
        conflicts: str = "refuse",
        key: str | None = None,
    ) -> Merged:
        """Bring what happened on another branch into this one.

        Args:
            source: A branch, or another version.
            into: The branch that changes.
            message: What for.
            favour: `ours` (the branch that changes) or `theirs`, where both changed the same.
            resolutions: By path: `"ours"`, `"theirs"`, `"base"`, `"neither"`, or the `Version` of
                content that was kept.
            conflicts: `refuse` raises `MergeConflict`; `report` returns them. Either way nothing
                is changed then.
            key: The same key twice is one merge.
        """
        said = {
            "source": source, "message": message, "favour": favour, "conflicts": conflicts,
            "resolutions": {path: _resolution(how) for path, how in (resolutions or {}).items()},
        }  # fmt: skip
        answer = self._post(f"/memory/file-merges/{quote(into)}", said, key)
        return Merged.model_validate(answer)

    def revert(
        self, commit: str, *, branch: str = MAIN, message: str = "", key: str | None = None
    ) -> Merged:
        """Undo one commit, keeping what came after it. Raises `MergeConflict`."""
        said = {"commit": commit, "message": message}
        answer = self._post(f"/memory/file-reverts/{quote(branch)}", said, key)
        return Merged.model_validate(answer)

    def _post(self, where: str, said: Any, key: str | None) -> Any:
        return self._transport.post(where, said, headers={"Idempotency-Key": key or str(uuid4())})


def _resolution(how: Any) -> Json:
    if isinstance(how, Version):
        return {"sha256": how.sha256, "media_type": how.media_type}
    return {"take": how} if isinstance(how, str) else how


def _path(branch: str, path: str) -> str:
    return f"/memory/files/{quote(branch)}/{quote(checked(path))}"


def _said(**params: object) -> dict[str, str | int]:
    """What is said in an address, without what is left out."""
    return {
        name: int(value) if isinstance(value, bool | int) else str(value)
        for name, value in params.items()
        if value not in (None, "")
    }


def _content(path: str, data: Any) -> Any:
    """Data as it is sent: bytes, or a function that reads them anew."""
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if isinstance(data, Path):
        return lambda: _pieces_of(data)
    if hasattr(data, "read"):
        return lambda: _pieces(data)
    return table_bytes(path, data)


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def table_bytes(path: str, table: Any) -> bytes:
    """A DataFrame (pandas, polars, Arrow) as what its name says, else as Parquet."""
    if path.lower().endswith(".csv"):
        if hasattr(table, "to_csv"):
            return str(table.to_csv(index=False)).encode()
        if hasattr(table, "write_csv"):
            return str(table.write_csv()).encode()
    from ...flow.values import encode

    return bytes(encode(table, object).data)
