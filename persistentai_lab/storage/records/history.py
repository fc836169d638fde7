"""What documents were: bodies rebuilt from their revisions, and whether those are the true ones."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import namedtuple_row

from ...errors import NotInMemory
from ...ids import Json, Path, RunId, Workspace
from ...memory import chain
from ...memory.author import Author
from ...memory.records.model import Revision, Verified
from ...memory.records.patch import patched

Connection = AsyncConnection[tuple[Any, ...]]
PAGE = 200


class Row(NamedTuple):
    """A revision as it is kept."""

    rev: int
    at: datetime
    kind: str
    body: dict[str, Json] | None
    patch: list[dict[str, Json]] | None
    salt: bytes | None
    payload_hash: bytes
    hash: bytes
    run: str | None
    path: str | None
    owner: str
    caller: str
    erased_at: datetime | None


async def body_of(
    connection: Connection, workspace: str, collection: str, name: str, rev: int
) -> dict[str, Any] | None:
    """What a revision said; None if it took the document away. Raises `NotInMemory`."""
    rows = await _rows(connection, workspace, collection, name, rev, rev)
    last = None
    for row, body in rebuilt(rows):
        last = row, body
    if last is None or last[0].rev != rev:
        raise NotInMemory(
            f"'{collection}/{name}' has no revision {rev}.", remedy="`revisions` lists them."
        )
    if last[0].erased_at is not None:
        raise NotInMemory(
            f"Revision {rev} of '{collection}/{name}' was erased on {last[0].erased_at:%d %B %Y}.",
            remedy="What it said is gone for good.",
        )
    return last[1]


async def revision_at(
    connection: Connection, workspace: str, collection: str, name: str, at: datetime
) -> int:
    """Which revision was the current one at a moment. Raises `NotInMemory`."""
    moment = at if at.tzinfo else at.astimezone()
    cursor = await connection.execute(_AT, (workspace, collection, name, moment))
    row = await cursor.fetchone()
    if row is None:
        raise NotInMemory(
            f"'{collection}/{name}' was not there yet at {moment:%d %B %Y %H:%M:%S %Z}.",
            remedy="`revisions` lists when it was written.",
        )
    return int(row[0])


async def revisions(
    connection: Connection, workspace: str, collection: str, name: str, after: int, limit: int
) -> list[Revision]:
    """Revisions in order, each with its whole body."""
    rows = await _rows(connection, workspace, collection, name, after + 1, after + limit)
    return [_told(collection, name, row, body) for row, body in rebuilt(rows) if row.rev > after]


async def revision(
    connection: Connection, workspace: str, collection: str, name: str, rev: int
) -> Revision:
    """One of them. Raises `NotInMemory`."""
    found = await revisions(connection, workspace, collection, name, rev - 1, 1)
    if not found:
        raise NotInMemory(
            f"'{collection}/{name}' has no revision {rev}.", remedy="`revisions` lists them."
        )
    return found[0]


async def materialise(
    connection: Connection, workspace: str, collection: str, name: str, rev: int
) -> None:
    """Keep a revision whole, so that the one before isn't needed for it."""
    rows = await _rows(connection, workspace, collection, name, rev, rev)
    for row, body in rebuilt(rows):
        if row.rev == rev and row.patch is not None:
            await connection.execute(_WHOLE, (json.dumps(body), workspace, collection, name, rev))


async def verify(connection: Connection, workspace: str, collection: str, name: str) -> Verified:
    """Go through the chain from its beginning."""
    before, erased, after = chain.GENESIS, 0, 0
    while rows := await _rows(connection, workspace, collection, name, after + 1, after + PAGE):
        news = [(row, body) for row, body in rebuilt(rows) if row.rev > after]
        if not news:
            break
        for row, body in news:
            erased += row.erased_at is not None
            if row.rev != after + 1 or not _holds(workspace, collection, name, row, body, before):
                return Verified(collection=collection, id=name, revisions=after, erased=erased,
                                broken_at=after + 1)  # fmt: skip
            before, after = row.hash, row.rev
    cursor = await connection.execute(_HEAD, (workspace, collection, name))
    head = await cursor.fetchone()
    broken = head is not None and (head[0], head[1]) != (after, before)
    return Verified(collection=collection, id=name, revisions=after, erased=erased,
                    broken_at=after + 1 if broken else None)  # fmt: skip


def rebuilt(rows: Iterable[Row]) -> Iterator[tuple[Row, dict[str, Any] | None]]:
    """Each revision with its whole body; the first row is a whole one."""
    body: Json = None
    for row in rows:
        body = row.body if row.patch is None else patched(body, row.patch)  # type: ignore[arg-type]
        yield row, body  # type: ignore[misc]


def _holds(workspace: str, collection: str, name: str, row: Row, body: Json, before: bytes) -> bool:
    if row.salt is not None:
        if chain.payload_hash(row.salt, chain.canonical(body)) != row.payload_hash:
            return False
    elif row.erased_at is None:
        return False
    run, path = row.run and RunId(row.run), row.path and Path(row.path)
    author = Author(Workspace(workspace), row.owner, row.caller, run or None, path or None)
    facts = link_facts(author, (collection, name), row.rev, row.at, row.kind)
    return chain.link(before, facts, row.payload_hash) == row.hash


def link_facts(
    author: Author, place: tuple[str, str], rev: int, at: datetime, kind: str
) -> list[str | None]:
    """What the link of a revision says besides its payload. The order never changes."""
    return [
        author.workspace, *place, str(rev), at.astimezone(UTC).isoformat(), kind,
        author.owner, author.caller, author.run, author.path,
    ]  # fmt: skip


def _told(collection: str, name: str, row: Row, body: dict[str, Any] | None) -> Revision:
    return Revision(
        collection=collection, id=name, rev=row.rev, at=row.at, kind=row.kind,  # type: ignore[arg-type]
        body=body, erased_at=row.erased_at, owner=row.owner, caller=row.caller, run=row.run,
        path=row.path, hash=row.hash.hex(),
    )  # fmt: skip


async def _rows(
    connection: Connection, workspace: str, collection: str, name: str, first: int, last: int
) -> list[Row]:
    """Those from the last whole one before `first` on."""
    place = (workspace, collection, name)
    cursor = connection.cursor(row_factory=namedtuple_row)
    await cursor.execute(_ROWS, (*place, last, *place, first))
    return await cursor.fetchall()  # type: ignore[return-value]


_PLACE = "workspace = %s AND collection = %s AND id = %s"
_ROWS = f"""
SELECT rev, at, kind, body, patch, salt, payload_hash, hash, run, path, owner, caller, erased_at
FROM pai.doc_rev WHERE {_PLACE} AND rev <= %s AND rev >= coalesce(
    (SELECT max(rev) FROM pai.doc_rev WHERE {_PLACE} AND rev <= %s AND patch IS NULL), 1)
ORDER BY rev
"""
_AT = f"SELECT rev FROM pai.doc_rev WHERE {_PLACE} AND at <= %s ORDER BY rev DESC LIMIT 1"
_HEAD = f"SELECT rev, hash FROM pai.doc WHERE {_PLACE}"
_WHOLE = f"UPDATE pai.doc_rev SET body = %s, patch = NULL WHERE {_PLACE} AND rev = %s"
