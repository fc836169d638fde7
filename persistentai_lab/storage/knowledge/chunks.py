"""Chunks: added with their words, closed, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from ...ids import Json, Workspace
from ...memory.knowledge.model import Chunk, Kind, Source, Trust
from ...memory.knowledge.tokens import tokens_of
from .thread import Thread
from .vectors import digest

Connection = AsyncConnection[tuple[Any, ...]]
COLUMNS = """
    id, thread, position, kind, text, tokens, trust, said_at, recorded_at, closed_at, fact,
    owner, caller, run, path, json_strip_nulls(json_build_object('kind', source_kind,
        'ref', source_ref, 'version', source_version, 'place', source_place)) AS source
"""


@dataclass(frozen=True, slots=True)
class New:
    """A chunk to be."""

    text: str
    kind: Kind
    source: Source
    trust: Trust
    said_at: datetime | None = None
    expires_at: datetime | None = None
    fact: int | None = None
    key: str | None = None


async def add(thread: Thread, new: New, position: int) -> int:
    """Add a chunk at a place of its thread; returns its id."""
    author, source = thread.author, new.source
    cursor = await thread.connection.execute(
        _ADD,
        {
            "workspace": author.workspace, "thread": thread.name, "position": position,
            "kind": new.kind, "text": new.text, "sha256": digest(new.text),
            "tokens": tokens_of(new.text), "source_kind": source.kind, "source_ref": source.ref,
            "source_version": source.version, "source_place": source.place, "trust": new.trust,
            "said_at": new.said_at or thread.now, "recorded_at": thread.now,
            "expires_at": new.expires_at, "fact": new.fact, "key": new.key,
            "run": author.run, "path": author.path, "owner": author.owner, "caller": author.caller,
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    assert row is not None
    payload: Json = {"text": new.text, "kind": new.kind}
    await thread.note("chunk.added", payload, chunk=row[0])
    return int(row[0])


async def close(thread: Thread, ids: Sequence[int], because: str) -> list[int]:
    """Say of those still current that they are no longer; returns which."""
    values = (thread.now, thread.author.workspace, thread.name, list(ids))
    cursor = await thread.connection.execute(_CLOSE, values)
    closed = sorted(row[0] for row in await cursor.fetchall())
    for each in closed:
        await thread.note("chunk.closed", {"because": because}, chunk=each, keep=True)
    return closed


async def by_key(thread: Thread, key: str) -> int | None:
    """The chunk that was added to a thread under a key, erased or not."""
    values = (thread.author.workspace, thread.name, key)
    cursor = await thread.connection.execute(_BY_KEY, values)
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def fetch(
    connection: Connection, workspace: Workspace, ids: Sequence[int]
) -> dict[int, Chunk]:
    """Chunks by their ids; those that are not there are left out."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_FETCH, (workspace, list(ids)))
    return {row["id"]: Chunk.model_validate(row) for row in await cursor.fetchall()}


async def in_thread(
    connection: Connection,
    workspace: Workspace,
    thread: str,
    *,
    after: int,
    limit: int,
    as_of: datetime | None = None,
    closed: bool = False,
    newest: bool = False,
) -> list[Chunk]:
    """Chunks of a thread in order."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _IN_THREAD.format(order="DESC" if newest else "ASC"),
        {"workspace": workspace, "thread": thread, "after": after, "limit": limit, "as_of": as_of,
         "closed": closed},
    )  # fmt: skip
    found = [Chunk.model_validate(row) for row in await cursor.fetchall()]
    return found[::-1] if newest else found


_ADD = """
WITH words AS MATERIALIZED (
    SELECT lexeme, coalesce(array_length(positions, 1), 1) AS times
    FROM unnest(to_tsvector('english', %(text)s))
), added AS (
    INSERT INTO pai.chunk (workspace, thread, position, kind, text, sha256, length, tokens,
        source_kind, source_ref, source_version, source_place, trust, said_at, recorded_at,
        expires_at, fact, key, run, path, owner, caller)
    VALUES (%(workspace)s, %(thread)s, %(position)s, %(kind)s, %(text)s, %(sha256)s,
        (SELECT coalesce(sum(times), 0) FROM words), %(tokens)s, %(source_kind)s, %(source_ref)s,
        %(source_version)s, %(source_place)s, %(trust)s, %(said_at)s, %(recorded_at)s,
        %(expires_at)s, %(fact)s, %(key)s, %(run)s, %(path)s, %(owner)s, %(caller)s)
    RETURNING id
), noted AS (
    INSERT INTO pai.chunk_word (workspace, word, chunk, times)
    SELECT %(workspace)s, lexeme, added.id, times FROM words, added
)
SELECT id FROM added
"""
_CLOSE = """
UPDATE pai.chunk SET closed_at = %s
WHERE workspace = %s AND thread = %s AND id = ANY(%s) AND closed_at IS NULL AND text IS NOT NULL
RETURNING id
"""
_BY_KEY = "SELECT id FROM pai.chunk WHERE workspace = %s AND thread = %s AND key = %s"
_FETCH = f"SELECT {COLUMNS} FROM pai.chunk WHERE workspace = %s AND id = ANY(%s)"
_IN_THREAD = f"""
SELECT {COLUMNS} FROM pai.chunk
WHERE workspace = %(workspace)s AND thread = %(thread)s AND position > %(after)s
  AND recorded_at <= coalesce(%(as_of)s::timestamptz, 'infinity')
  AND (%(closed)s OR closed_at IS NULL OR closed_at > %(as_of)s::timestamptz)
ORDER BY position {{order}}, id {{order}} LIMIT %(limit)s
"""
