"""The files layer, as the Memory Tree has it: each query and command to whoever knows it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pydantic import BaseModel

from ...errors import MemoryRefused, NotInMemory
from ...flow.payload import Payload
from ...memory.author import Author
from ...memory.files import asks, diff
from ...memory.files.body import text_of
from ...memory.files.model import ERASED, Difference, Line, Stat, Version
from ...memory.files.path import folded
from ...memory.layer import Answer, Receipt, Touch
from ..blobs import Blobs
from ..pool import Pool
from . import branches, committing, diffing, erasing, history, looking, merging, verifying
from .versions import resolve, two
from .view import Connection, Row, View, find

KNOWN_MAX = 1_000
"""Versions whose places are remembered."""


class Files:
    """The files layer in Postgres, with the bytes of large files beside it."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs
        self._known: dict[tuple[str, str | None], View] = {}

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        match query:
            case asks.ReadFile():
                return await self._read(author, query)
            case asks.StatFile():
                stat = await self.stat(author, query)
                return Answer(stat.model_dump(mode="json"), touched=touched(query, stat))
            case asks.KeepBytes():
                return told(await self.keep(author, Payload(query.data, query.media_type)))
            case asks.CompareFile():
                return told(await self._compare(author, query))
            case asks.BlameFile():
                return told(await self._blame(author, query))
            case asks.VerifyFiles():
                async with self._pool.connection() as connection, connection.transaction():
                    return told(await verifying.verify(connection, author.workspace, query))
        async with self._pool.connection() as connection:
            if isinstance(query, asks.DiffFiles):
                a, b = await self._two(connection, author, query)
                found = await diffing.changes(
                    connection, author.workspace, a, b,
                    after=folded(query.after), limit=query.limit,
                )  # fmt: skip
                return Answer(diffing.told(found))
            return told(await self._look(connection, author, query))

    async def _two(
        self, connection: Connection, author: Author, query: asks.DiffFiles
    ) -> tuple[View, View]:
        """What is compared. A commit's whole id means the same for ever, so it is found once."""
        where = author.workspace
        a, b = (self._known.get((where, ref)) for ref in (query.a, query.b))
        if a is None or b is None:
            a, b = await two(connection, where, query.a, query.b)
            for ref, view in ((query.a, a), (query.b, b)):
                if ref is not None and ref == view.id:
                    self._known[where, ref] = view
            while len(self._known) > KNOWN_MAX:
                self._known.pop(next(iter(self._known)))
        return a, b

    async def _look(
        self, connection: Connection, author: Author, query: Any
    ) -> Sequence[BaseModel]:
        where = author.workspace
        match query:
            case asks.ListBranches():
                return await branches.branches(connection, where)
            case asks.ListTags():
                return await branches.tags(connection, where)
        view = await resolve(connection, where, query.branch, query.at)
        match query:
            case asks.ListFiles():
                return await looking.listing(connection, where, view, query)
            case asks.FindFiles():
                return await looking.matching(connection, where, view, query)
            case asks.LogFiles():
                return await history.log(connection, where, view, query)
        raise NotImplementedError(query)

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """Nothing is slow: content was kept before."""

    async def apply(self, connection: Connection, author: Author, command: Any) -> Receipt:
        """Do a command in the transaction of `connection`."""
        return await _DO[type(command)](connection, author, command)

    async def stat(self, author: Author, query: asks.StatFile | asks.ReadFile) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        async with self._pool.connection() as connection:
            view = await resolve(connection, author.workspace, query.branch, query.at)
            return await looking.stat(connection, author.workspace, view, query.path)

    async def open(self, author: Author, stat: Stat) -> Payload:
        """The content of a file; a large one stays where it lies. Raises `NotInMemory`."""
        if stat.sha256 is None:
            raise MemoryRefused(f"{stat.path!r} is a folder.", remedy="Name a file in it.")
        if stat.media_type == ERASED:
            raise NotInMemory(
                f"What {stat.path!r} had in it was erased.",
                remedy="It can't be had back. The log of the file says when, and why.",
            )
        return await self._blobs.open(author.workspace, stat.sha256, stat.media_type)

    async def keep(self, author: Author, payload: Payload) -> Version:
        """Keep content for a commit to come. Twice is once."""
        sha256 = await self._blobs.put(
            author.workspace, payload, owner=author.owner, caller=author.caller
        )
        return Version(sha256=sha256, size=len(payload.data), media_type=payload.media_type)

    async def keep_all(self, author: Author, payloads: Sequence[Payload]) -> list[Version]:
        """The same for many: small ones go in one statement."""
        kept = await self._blobs.put_all(
            author.workspace, payloads, owner=author.owner, caller=author.caller
        )
        return [
            Version(sha256=sha256, size=len(payload.data), media_type=payload.media_type)
            for sha256, payload in zip(kept, payloads, strict=True)
        ]

    async def _read(self, author: Author, query: asks.ReadFile) -> Answer:
        stat = await self.stat(author, query)
        payload = await self.open(author, stat)
        whole = len(payload.data)
        end = whole if query.size is None else min(query.start + query.size, whole)
        if end - query.start > asks.PIECE_MAX:
            raise MemoryRefused(
                f"{stat.path!r} has {whole:,} bytes, more than are read at once.",
                remedy=f"Read it in pieces of up to {asks.PIECE_MAX:,} bytes (`start`, `size`).",
            )
        data = bytes(payload.data[query.start : max(end, query.start)])
        return Answer(stat.model_dump(mode="json"), data, touched(query, stat))

    async def _compare(self, author: Author, query: asks.CompareFile) -> Difference:
        async with self._pool.connection() as connection:
            where, key = author.workspace, folded(query.path)
            a, b = await two(connection, where, query.a, query.b)
            rows = [(await find(connection, where, view, [key])).get(key) for view in (a, b)]
            before, after = (row if row and row.path == query.path else None for row in rows)
            if before is None and after is None:
                await looking.stat(connection, where, b, query.path)  # says why not
        about: dict[str, Any] = {
            "path": query.path, "before": _version(before), "after": _version(after)
        }  # fmt: skip
        if before and after and before.sha256 == after.sha256:
            return Difference(kind="same", **about)
        old, new = [await self._content(author, row) for row in (before, after)]
        kind = (after or before).media_type  # type: ignore[union-attr]
        compared = await asyncio.to_thread(diff.compare, query.path, old, new, kind)
        return Difference(kind=compared.kind, details=compared.details, why=compared.why, **about)

    async def _content(self, author: Author, row: Row | None) -> bytes | memoryview:
        if row is None:
            return b""
        return (await self._blobs.open(author.workspace, row.sha256, row.media_type)).data

    async def _blame(self, author: Author, query: asks.BlameFile) -> list[Line]:
        async with self._pool.connection() as connection:
            view = await resolve(connection, author.workspace, query.branch, query.at)
            await looking.stat(connection, author.workspace, view, query.path)
            touches = await history.touches(connection, author.workspace, view, query.path)
        texts = []
        for touch in touches:
            data = b""
            if touch.sha256 is not None:
                payload = await self._blobs.open(author.workspace, touch.sha256)
                data = bytes(payload.data)
            texts.append((touch.commit, text_of(query.path, data).splitlines()))
        return await asyncio.to_thread(history.blame, texts)


def told(found: BaseModel | Sequence[BaseModel]) -> Answer:
    """As an answer."""
    if isinstance(found, BaseModel):
        return Answer(found.model_dump(mode="json"))
    return Answer([each.model_dump(mode="json") for each in found])


def _version(row: Row | None) -> Version | None:
    if row is None:
        return None
    return Version(sha256=row.sha256, size=row.size, media_type=row.media_type)


def touched(query: asks.StatFile | asks.ReadFile, stat: Stat) -> tuple[Touch, ...]:
    """For history: the version of a file is its content."""
    return (Touch(f"{query.branch}/{stat.path}", stat.sha256),)


_DO: dict[type[Any], Callable[[Connection, Author, Any], Coroutine[Any, Any, Receipt]]] = {
    asks.CommitFiles: committing.commit,
    asks.CreateBranch: branches.create,
    asks.DeleteBranch: branches.delete,
    asks.EraseFile: erasing.erase,
    asks.DeleteTag: branches.untag,
    asks.Merge: merging.merge,
    asks.Restore: merging.restore,
    asks.Revert: merging.revert,
    asks.TagVersion: branches.tag,
    asks.TakeOver: committing.take_over,
}
