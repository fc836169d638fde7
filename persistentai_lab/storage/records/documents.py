"""Documents: a row for what each is now, changed under its lock; a row for each revision.

A revision is kept whole, or as a JSON Patch from the one before where that is shorter. Each is a
link of its document's chain, over the salted hash of the whole body.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused, NotInMemory
from ...ids import Json, JsonSchema
from ...memory import chain
from ...memory.author import Author
from ...memory.records.asks import (
    DeleteDocument,
    DocumentCommand,
    EraseDocument,
    PatchDocument,
    PutDocument,
    RestoreDocument,
)
from ...memory.records.change import expect
from ...memory.records.model import as_body
from ...memory.records.patch import difference, patched
from ...memory.records.schema import check_document
from .history import body_of, link_facts, materialise, revision_at

Connection = AsyncConnection[tuple[Any, ...]]
Body = dict[str, Json] | None
PATCHES_MAX = 16
"""In a row; then a revision is kept whole, so that any is soon rebuilt."""
PATCHED_MAX = 256 * 1024
"""Larger bodies are kept whole: comparing them takes long."""


@dataclass(frozen=True, slots=True)
class Now:
    """A document, locked."""

    rev: int
    body: Body
    patches: int
    hash: bytes
    at: datetime
    """The database's time."""


class Documents:
    """What is done to documents."""

    async def revise(self, connection: Connection, author: Author, command: DocumentCommand) -> int:
        """Make the next revision; its number."""
        schema = await _schema(connection, author, command.collection)
        now = await _lock(connection, author, command.collection, command.id)
        expect(command.target, 0 if now.body is None else now.rev, command.expected)
        kind, body = await _next(connection, author, command, now)
        if body is not None and schema is not None:
            check_document(command.target, body, schema)
        return await _write(connection, author, (command.collection, command.id), now, kind, body)

    async def erase(self, connection: Connection, author: Author, command: EraseDocument) -> int:
        """Erase what a revision said, or all of them; the document's last revision."""
        place = (author.workspace, command.collection, command.id)
        now = await _lock(connection, author, *place[1:])
        if now.rev == 0:
            raise _missing(command.target)
        if command.rev is None:
            last = now.rev
            if now.body is not None:
                last = await _write(connection, author, place[1:], now, "deleted", None)
            await connection.execute(f"{_ERASE} AND rev <= %s", (*place, now.rev))
            await connection.execute(_EMPTY, place)
            return last
        if command.rev > now.rev:
            raise NotInMemory(f"{command.target!r} has {now.rev} revisions.")
        if command.rev == now.rev and now.body is not None:
            raise MemoryRefused(
                f"Revision {now.rev} is what {command.target!r} is now.",
                remedy="Write or delete the document first, then erase what it was.",
            )
        await materialise(connection, *place, command.rev + 1)
        await connection.execute(f"{_ERASE} AND rev = %s", (*place, command.rev))
        return now.rev


async def _next(
    connection: Connection, author: Author, command: DocumentCommand, now: Now
) -> tuple[str, Body]:
    if now.body is None and isinstance(command, PatchDocument | DeleteDocument):
        raise _missing(command.target)
    match command:
        case PutDocument():
            return "put", command.body
        case PatchDocument():
            return "patched", as_body(patched(now.body, command.patch))
        case DeleteDocument():
            return "deleted", None
        case RestoreDocument():
            place = (author.workspace, command.collection, command.id)
            rev = command.rev
            if rev is None:
                assert command.at is not None
                rev = await revision_at(connection, *place, command.at)
            body = await body_of(connection, *place, rev)
            if body is None and now.body is None:
                raise NotInMemory(
                    f"{command.target!r} was not there at revision {rev}, and is not now."
                )
            return "restored" if body is not None else "deleted", body
    raise AssertionError(command.op)


async def _schema(connection: Connection, author: Author, collection: str) -> JsonSchema | None:
    """The schema of a collection, which stays as it is until we are done."""
    place = (author.workspace, collection)
    row = await (await connection.execute(_SCHEMA, place)).fetchone()
    if row is None:
        await connection.execute(_COLLECTION, (*place, author.owner, author.caller))
        row = await (await connection.execute(_SCHEMA, place)).fetchone()
    assert row is not None
    schema: JsonSchema | None = row[0]
    return schema


async def _lock(connection: Connection, author: Author, collection: str, name: str) -> Now:
    place = (author.workspace, collection, name)
    row = await (await connection.execute(_LOCK, place)).fetchone()
    if row is None:
        await connection.execute(_BEGIN, (*place, chain.GENESIS, author.owner, author.caller))
        row = await (await connection.execute(_LOCK, place)).fetchone()
    assert row is not None
    return Now(*row)


async def _write(
    connection: Connection, author: Author, place: tuple[str, str], now: Now, kind: str, body: Body
) -> int:
    rev, salt = now.rev + 1, secrets.token_bytes(chain.SALT_SIZE)
    digest = chain.payload_hash(salt, chain.canonical(body))
    facts = link_facts(author, place, rev, now.at, kind)
    text = None if body is None else json.dumps(body)
    patch = _shorter(now, body, text)
    values = {
        "workspace": author.workspace, "collection": place[0], "id": place[1], "rev": rev,
        "at": now.at, "kind": kind, "body": text, "whole": None if patch else text,
        "patch": patch, "patches": now.patches + 1 if patch else 0, "salt": salt,
        "payload_hash": digest, "hash": chain.link(now.hash, facts, digest),
        "run": author.run, "path": author.path, "owner": author.owner, "caller": author.caller,
    }  # fmt: skip
    await connection.execute(_WRITE, values)
    return rev


def _shorter(now: Now, body: Body, text: str | None) -> str | None:
    """The revision as a patch, if that is much shorter."""
    if body is None or now.body is None or text is None:
        return None
    if now.patches >= PATCHES_MAX or len(text) > PATCHED_MAX:
        return None
    operations = difference(now.body, body)
    patch = json.dumps(operations)
    return patch if operations is not None and 2 * len(patch) < len(text) else None


def _missing(target: str) -> NotInMemory:
    return NotInMemory(
        f"There is no document {target!r}.", remedy="`find` lists those of a collection."
    )


_PLACE = "workspace = %s AND collection = %s AND id = %s"
_SCHEMA = """
SELECT json_schema FROM pai.doc_collection WHERE workspace = %s AND name = %s FOR KEY SHARE
"""
_COLLECTION = """
INSERT INTO pai.doc_collection (workspace, name, owner, caller) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_LOCK = f"""
SELECT rev, body, patches, hash, date_trunc('milliseconds', clock_timestamp())
FROM pai.doc WHERE {_PLACE} FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.doc (workspace, collection, id, hash, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_WRITE = """
WITH revised AS (
    INSERT INTO pai.doc_rev (workspace, collection, id, rev, at, kind, body, patch, salt,
                             payload_hash, hash, run, path, owner, caller)
    VALUES (%(workspace)s, %(collection)s, %(id)s, %(rev)s, %(at)s, %(kind)s, %(whole)s,
            %(patch)s, %(salt)s, %(payload_hash)s, %(hash)s, %(run)s, %(path)s, %(owner)s,
            %(caller)s)
)
UPDATE pai.doc SET rev = %(rev)s, body = %(body)s, patches = %(patches)s, hash = %(hash)s,
    updated_at = %(at)s, run = %(run)s, path = %(path)s, owner = %(owner)s, caller = %(caller)s
WHERE workspace = %(workspace)s AND collection = %(collection)s AND id = %(id)s
"""
_ERASE = f"""
UPDATE pai.doc_rev SET body = NULL, patch = NULL, salt = NULL,
    erased_at = coalesce(erased_at, now())
WHERE {_PLACE}"""
_EMPTY = f"UPDATE pai.doc SET body = NULL, patches = 0 WHERE {_PLACE}"
