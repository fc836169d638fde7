"""Records, as a body is lent them."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from ...errors import NotInMemory
from ...ids import Json
from ..layer import Ask, Do
from . import asks
from .asks import Op
from .change import Cell, changed
from .model import Collection, Document, Found, KeyInfo, Record, Revision
from .result import SqlResult

Where = Sequence[tuple[str, Op, Json]]
_KEYS = TypeAdapter(list[KeyInfo])
_REVISIONS = TypeAdapter(list[Revision])
_COLLECTIONS = TypeAdapter(list[Collection])


class Records:
    """Values by key, and documents in collections.

    What is changed is changed when the step is recorded. `expected` is the revision that has to be
    the current one then (0: there must be nothing), or the step fails with `WriteConflict`.
    """

    def __init__(self, ask: Ask, do: Do) -> None:
        self._ask = ask
        self._do = do
        self._mine: list[asks.KeyCommand] = []

    async def get(self, key: str) -> Json:
        """The value under `key` (this body's own changes included), or None."""
        mine = [command for command in self._mine if command.key == key]
        cell = Cell()
        if not mine or not (isinstance(mine[0], asks.PutRecord) and mine[0].expected is None):
            entry = await self.entry(key)
            cell = Cell(entry.revision, True, entry.value) if entry else cell
        for command in mine:
            cell, _ = changed(cell, command)
        return deepcopy(cell.value)

    async def entry(self, key: str) -> Record | None:
        """What is committed under a key, with its revision and until when it is kept."""
        found = (await self._ask(asks.GetRecord(key=key))).value
        return None if found is None else Record.model_validate(found)

    async def keys(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> list[KeyInfo]:
        """Keys that begin so, in order, after one."""
        asked = asks.ListKeys(prefix=prefix, after=after, limit=limit)
        return _KEYS.validate_python((await self._ask(asked)).value)

    def put(
        self, key: str, value: Json, *, ttl: float | None = None, expected: int | None = None
    ) -> None:
        """Set `key` to `value`; kept for `ttl` seconds, or for ever."""
        self._note(asks.PutRecord(key=key, value=value, ttl=ttl, expected=expected))

    def append(self, key: str, item: Json) -> None:
        """Add `item` to the end of the list under `key`."""
        self._note(asks.AppendRecord(key=key, item=item))

    def incr(
        self,
        key: str,
        by: float = 1,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        ttl: float | None = None,
    ) -> int:
        """Add to the number under `key`; the promise of the new one. `OutOfBounds` fails."""
        command = asks.IncrRecord(key=key, by=by, at_least=at_least, at_most=at_most, ttl=ttl)
        number: int = self._note(command)
        return number

    def expire(self, key: str, ttl: float | None) -> None:
        """Keep a value for `ttl` seconds from now, or for ever."""
        self._note(asks.ExpireRecord(key=key, ttl=ttl))

    def delete(self, key: str, *, expected: int | None = None) -> None:
        """Take a value away, if there is one."""
        self._note(asks.DeleteRecord(key=key, expected=expected))

    async def get_document(self, collection: str, id: str) -> Document:
        """A document. Raises `NotInMemory`."""
        found = (await self._ask(asks.GetDocument(collection=collection, id=id))).value
        if found is None:
            raise not_there(collection, id)
        return Document.model_validate(found)

    async def find(
        self,
        collection: str,
        contains: dict[str, Json] | None = None,
        *,
        where: Where = (),
        fields: Sequence[str] | None = None,
        sort: Sequence[str] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Found:
        """A page of documents that contain this, and for whose fields all of `where` holds."""
        asked = asks.Find(
            collection=collection, contains=contains or {}, where=list(where),
            fields=None if fields is None else list(fields),
            sort=list(sort), after=after, limit=limit,
        )  # fmt: skip
        return Found.model_validate((await self._ask(asked)).value)

    async def revisions(
        self, collection: str, id: str, *, after: int = 0, limit: int = 100
    ) -> list[Revision]:
        """What a document was, in order."""
        asked = asks.ListRevisions(collection=collection, id=id, after=after, limit=limit)
        return _REVISIONS.validate_python((await self._ask(asked)).value)

    async def revision(
        self, collection: str, id: str, *, rev: int | None = None, at: datetime | None = None
    ) -> Revision:
        """A document as it was at a revision, or at a moment. Raises `NotInMemory`."""
        asked = asks.GetRevision(collection=collection, id=id, rev=rev, at=at)
        return Revision.model_validate((await self._ask(asked)).value)

    async def collections(self) -> list[Collection]:
        """Which collections there are."""
        return _COLLECTIONS.validate_python((await self._ask(asks.ListCollections())).value)

    async def sql(self, query: str, *, limit: int = 10_000) -> SqlResult:
        """Ask documents (`docs`, or a collection by name) and files (by path) in SQL."""
        return SqlResult.of(await self._ask(asks.RunSql(query=query, limit=limit)))

    def put_document(
        self, collection: str, id: str, body: dict[str, Json], *, expected: int | None = None
    ) -> int:
        """Write a document; the promise of its revision."""
        return self._revise(
            asks.PutDocument(collection=collection, id=id, body=body, expected=expected)
        )

    def patch_document(
        self, collection: str, id: str, patch: Any, *, expected: int | None = None
    ) -> int:
        """Change a document by JSON Patch (a list) or JSON Merge Patch (an object)."""
        return self._revise(
            asks.PatchDocument(collection=collection, id=id, patch=patch, expected=expected)
        )

    def delete_document(self, collection: str, id: str, *, expected: int | None = None) -> int:
        """Take a document away; its revisions stay."""
        return self._revise(asks.DeleteDocument(collection=collection, id=id, expected=expected))

    def restore_document(
        self,
        collection: str,
        id: str,
        *,
        rev: int | None = None,
        at: datetime | None = None,
        expected: int | None = None,
    ) -> int:
        """Write a document as it was."""
        return self._revise(
            asks.RestoreDocument(collection=collection, id=id, rev=rev, at=at, expected=expected)
        )

    def _note(self, command: asks.KeyCommand) -> Any:
        self._mine.append(command)
        return self._do(command)

    def _revise(self, command: asks.DocumentCommand) -> int:
        rev: int = self._do(command)
        return rev


def not_there(collection: str, id: str) -> NotInMemory:
    """What to say of a document that isn't there."""
    return NotInMemory(
        f"There is no document '{collection}/{id}'.", remedy="`find` lists those of a collection."
    )
