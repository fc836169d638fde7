"""The files layer in lakeFS: what is asked of it, and what is done to it."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from ...errors import MemoryRefused, NotInMemory
from ...flow.payload import Payload
from ...ids import Workspace
from ...memory.author import Author
from ...memory.files import asks, diff
from ...memory.files.body import text_of
from ...memory.files.glob import Pattern
from ...memory.files.model import Commit, Difference, Line, Stat
from ...memory.files.path import folded
from ...memory.layer import Answer
from ..blobs import BlobMissing, Blobs
from ..files.files import told, touched
from ..files.history import BLAMED_MAX, blame
from ..pool import Pool
from . import refs
from .client import Lake
from .names import repository_of
from .settings import Settings
from .tree import Row, Tree, changes
from .tree import told as version_of
from .versions import Versions

READ_AT_ONCE = 16
KEPT_MAX = 32 * 1024 * 1024
"""Bytes of contents that are kept in memory: they never change."""


class LakeFiles:
    """Files of the workspaces that live in lakeFS."""

    def __init__(self, pool: Pool, blobs: Blobs, settings: Settings) -> None:
        self._pool = pool
        self._blobs = blobs
        self._settings = settings
        self._known: dict[Workspace, Versions] = {}
        self._contents: OrderedDict[str, bytes] = OrderedDict()

    def of(self, workspace: Workspace) -> Versions:
        """The versions of a workspace."""
        if workspace not in self._known:

            async def moved(commit: str) -> str | None:
                values = (workspace, f"{commit}%")
                async with self._pool.connection() as connection:
                    rows = await (await connection.execute(_MOVED, values)).fetchall()
                return rows[0][0] if len(rows) == 1 else None

            lake = Lake(self._settings, repository_of(workspace))
            self._known[workspace] = Versions(lake, moved)
        return self._known[workspace]

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        versions = self.of(author.workspace)
        match query:
            case asks.ReadFile():
                return await self._read(author, query)
            case asks.StatFile():
                stat = await self.stat(author, query)
                return Answer(stat.model_dump(mode="json"), touched=touched(query, stat))
            case asks.ListBranches():
                return told(await refs.branches(self._pool, author.workspace, versions))
            case asks.ListTags():
                return told(await refs.tags(self._pool, author.workspace, versions))
        return told(await self._look(versions, query))

    async def _look(self, versions: Versions, query: Any) -> BaseModel | Sequence[BaseModel]:
        match query:
            case asks.CompareFile():
                return await self._compare(versions, query)
            case asks.BlameFile():
                return await self._blame(versions, query)
            case asks.LogFiles():
                return await self._log(versions, query)
            case asks.DiffFiles():
                return await self._diff(versions, query)
            case asks.ListFiles():
                return await self._list(versions, query)
            case asks.FindFiles():
                tree = await versions.tree(await versions.resolve(query.branch, query.at))
                rows = tree.matching(Pattern.of(query.pattern), query.after, query.limit)
                return await self._stats(versions, rows)
        raise NotImplementedError(query)

    async def stat(self, author: Author, query: asks.StatFile | asks.ReadFile) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        versions = self.of(author.workspace)
        tree = await versions.tree(await versions.resolve(query.branch, query.at))
        row = tree.look_for(query.path)
        if row is None:
            return Stat(path=query.path, kind="folder")
        return (await self._stats(versions, [row]))[0]

    async def open(self, author: Author, stat: Stat) -> Payload:
        """The content of a file. Raises `NotInMemory`."""
        if stat.sha256 is None:
            raise MemoryRefused(f"{stat.path!r} is a folder.", remedy="Name a file in it.")
        media_type = stat.media_type or "application/octet-stream"
        try:  # what was kept for a commit is nearer
            return await self._blobs.open(author.workspace, stat.sha256, media_type)
        except BlobMissing:
            pass
        versions = self.of(author.workspace)
        row = (await versions.tree(stat.commit)).get(stat.path)
        if row is None:
            raise NotInMemory(
                f"lakeFS no longer has the content of {stat.path!r}.",
                remedy="It may have let go of it by its own retention rules.",
            )
        return Payload(await self.content(versions, row), media_type)

    async def content(self, versions: Versions, row: Row | None) -> bytes:
        """The bytes of a row, as they were put: lakeFS is not believed what their hash tells."""
        if row is None:
            return b""
        if (kept := self._contents.get(row.sha256)) is not None:
            self._contents.move_to_end(row.sha256)
            return kept
        data = await versions.lake.call(versions.lake.read, row.where, row.path)
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise NotInMemory(
                f"The content of {row.path!r} in lakeFS is not what was put there.",
                remedy="Restore its objects from a backup, or this path from another version.",
            )
        self._contents[row.sha256] = data
        while sum(map(len, self._contents.values())) > KEPT_MAX:
            self._contents.popitem(last=False)
        return data

    async def _read(self, author: Author, query: asks.ReadFile) -> Answer:
        versions = self.of(author.workspace)
        tree = await versions.tree(await versions.resolve(query.branch, query.at))
        row = tree.look_for(query.path)
        if row is None:
            raise MemoryRefused(f"{query.path!r} is a folder.", remedy="Name a file in it.")
        end = row.size if query.size is None else min(query.start + query.size, row.size)
        if end - query.start > asks.PIECE_MAX:
            raise MemoryRefused(
                f"{row.path!r} has {row.size:,} bytes, more than are read at once.",
                remedy=f"Read it in pieces of up to {asks.PIECE_MAX:,} bytes (`start`, `size`).",
            )
        if row.size <= KEPT_MAX:
            data = (await self.content(versions, row))[query.start : max(end, query.start)]
        elif query.start >= end:
            data = b""
        else:
            span = f"{query.start}-{end - 1}"
            data = await versions.lake.call(versions.lake.read, row.where, row.path, span)
        (stat,) = await self._stats(versions, [row])
        return Answer(stat.model_dump(mode="json"), data, touched(query, stat))

    async def _stats(self, versions: Versions, rows: Iterable[Row]) -> list[Stat]:
        """Files, each with the commit that wrote it."""
        free = asyncio.Semaphore(READ_AT_ONCE)

        async def stat(row: Row) -> Stat:
            async with free:
                commit = await versions.by_tag(row.key) if row.key else None
            return Stat(
                path=row.path, sha256=row.sha256, size=row.size, media_type=row.media_type,
                meta=row.meta, commit=commit or row.where, at=row.at,
            )  # fmt: skip

        return list(await asyncio.gather(*map(stat, rows)))

    async def _list(self, versions: Versions, query: asks.ListFiles) -> list[Stat]:
        tree = await versions.tree(await versions.resolve(query.branch, query.at))
        found: list[Row | Stat]
        if query.recursive:
            below = tree.below(folded(query.folder), folded(query.after))
            found = [row for row, _ in zip(below, range(query.limit), strict=False)]
        else:
            found = tree.page(query.folder, query.after, query.limit)
        if not (found or query.after):
            tree.look_for_folder(query.folder)
        stats = iter(await self._stats(versions, (row for row in found if isinstance(row, Row))))
        return [each if isinstance(each, Stat) else next(stats) for each in found]

    async def _log(self, versions: Versions, query: asks.LogFiles) -> list[Commit]:
        head = await versions.resolve(query.branch, query.at)
        before = await versions.version(query.before) if query.before is not None else None
        found: list[Commit] = []
        async for commit in versions.log(head, before):
            if query.path is None or await _touches(versions, commit, query.path):
                found.append(commit)
                if len(found) == query.limit:
                    break
        return found

    async def _diff(self, versions: Versions, query: asks.DiffFiles) -> list[Any]:
        one, other = await self._two(versions, query)
        after = folded(query.after)
        found = changes(one, other)
        return [change for key, change in found.items() if key > after][: query.limit]

    async def _two(
        self, versions: Versions, query: asks.DiffFiles | asks.CompareFile
    ) -> tuple[Tree, Tree]:
        b = await versions.version(query.b)
        a = await (versions.parent(b) if query.a is None else versions.version(query.a))
        return await versions.tree(a), await versions.tree(b)

    async def _compare(self, versions: Versions, query: asks.CompareFile) -> Difference:
        one, other = await self._two(versions, query)
        before, after = one.get(query.path), other.get(query.path)
        if before is None and after is None:
            other.look_for(query.path)  # says why not
        about: dict[str, Any] = {
            "path": query.path, "before": version_of(before), "after": version_of(after),
        }  # fmt: skip
        if before and after and before.sha256 == after.sha256:
            return Difference(kind="same", **about)
        old, new = [await self.content(versions, row) for row in (before, after)]
        row = after or before
        kind = row.media_type if row else ""
        compared = await asyncio.to_thread(diff.compare, query.path, old, new, kind)
        return Difference(kind=compared.kind, details=compared.details, why=compared.why, **about)

    async def _blame(self, versions: Versions, query: asks.BlameFile) -> list[Line]:
        id = await versions.resolve(query.branch, query.at)
        (await versions.tree(id)).look_for(query.path)
        texts: list[tuple[Commit, list[str]]] = []
        async for commit in versions.log(id):
            if len(texts) < BLAMED_MAX and await _touches(versions, commit, query.path):
                row = (await versions.tree(commit.id)).get(query.path)
                data = await self.content(versions, row)
                texts.append((commit, text_of(query.path, data).splitlines()))
        if not texts:
            raise NotInMemory(
                f"There is no file {query.path!r}.", remedy="List the folder to see its files."
            )
        return await asyncio.to_thread(blame, texts[::-1])


async def _touches(versions: Versions, commit: Commit, path: str) -> bool:
    """Whether a commit made a path what it is."""
    key = folded(path)
    touched = await versions.touched(commit.id)
    if touched is not None:
        return key in touched
    before = (await versions.tree(await versions.parent(commit.id))).rows.get(key)
    after = (await versions.tree(commit.id)).rows.get(key)
    return (before and (before.path, before.sha256)) != (after and (after.path, after.sha256))


_MOVED = """
SELECT lakefs FROM pai.file_move WHERE workspace = %s AND postgres LIKE %s LIMIT 2
"""
