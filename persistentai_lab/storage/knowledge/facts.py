"""Facts: added, closed, asked for. What was recorded once is never changed."""

import json
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from ...errors import NotInMemory
from ...ids import Json
from ...memory import chain
from ...memory.author import Author
from ...memory.knowledge.asks import AddFact, CloseFact, Facts
from ...memory.knowledge.model import Fact, Source, Trust
from ...memory.layer import Receipt
from ...memory.storable import storable
from . import chunks
from .thread import Thread

Connection = AsyncConnection[tuple[Any, ...]]


async def add(
    connection: Connection, author: Author, command: AddFact, source: Source, trust: Trust
) -> Receipt:
    """Add a fact, and the sentence that says it."""
    value, _ = storable(command.object)
    thread = await Thread.lock(connection, author, command.target)
    said = chain.canonical(value).decode()
    valid_from = command.valid_from or thread.now
    same = (author.workspace, command.subject, command.predicate)
    cursor = await connection.execute(_OPEN, same)
    others = []
    for number, of in await cursor.fetchall():
        if of == said:
            return Receipt(command.target, number, again=True)
        others.append(number)
    if command.replaces:
        for number in others:
            await _close(thread, number, valid_from, f"{command.predicate}: another now")
    row = {
        "workspace": author.workspace, "subject": command.subject, "predicate": command.predicate,
        "object": said, "object_type": _type_of(value, entity=command.entity),
        "valid_from": valid_from, "valid_to": command.valid_to, "recorded_at": thread.now,
        "confidence": command.confidence, "source_kind": source.kind, "source_ref": source.ref,
        "source_version": source.version, "source_place": source.place, "trust": trust,
        "run": author.run, "path": author.path, "owner": author.owner, "caller": author.caller,
    }  # fmt: skip
    added = await (await connection.execute(_ADD, row)).fetchone()
    assert added is not None
    payload: Json = {"subject": command.subject, "predicate": command.predicate, "object": said}
    await thread.note("fact.added", payload, fact=added[0])
    sentence = sentence_of(command.subject, command.predicate, value)
    new = chunks.New(
        sentence, "fact", source, trust,
        said_at=valid_from, expires_at=command.valid_to, fact=added[0],
    )  # fmt: skip
    await chunks.add(thread, new, thread.place())
    await thread.close()
    return Receipt(command.target, added[0])


async def close(connection: Connection, author: Author, command: CloseFact) -> Receipt:
    """Close facts. Raises `NotInMemory` when none is open."""
    said = None if command.object is None else chain.canonical(storable(command.object)[0]).decode()
    thread = await Thread.lock(connection, author, command.target)
    open_ = await connection.execute(_OPEN, (author.workspace, command.subject, command.predicate))
    meant = [number for number, of in await open_.fetchall() if said in (None, of)]
    if not meant and not command.missing_ok:
        raise NotInMemory(
            f"No open fact says that {command.subject!r} {command.predicate!r}"
            + (f" {said}." if said else "."),
            remedy="`facts` lists those there are; a closed one stays closed.",
        )
    for number in meant:
        await _close(thread, number, command.valid_to or thread.now, command.because)
    await thread.close()
    return Receipt(command.target, meant)


async def find(connection: Connection, author: Author, asked: Facts) -> list[Fact]:
    """Facts, newest first."""
    said = None if asked.object is None else chain.canonical(storable(asked.object)[0]).decode()
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _FIND,
        {
            "workspace": author.workspace, "subject": asked.subject, "predicate": asked.predicate,
            "object": said, "as_of": asked.as_of, "valid_at": asked.valid_at or asked.as_of,
            "past": asked.past, "limit": asked.limit,
        },
    )  # fmt: skip
    return [_fact(row) for row in await cursor.fetchall()]


def sentence_of(subject: str, predicate: str, value: Json) -> str:
    """A fact in words, as it is found by."""
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{subject} {predicate.replace('_', ' ')} {told}"[:20_000]


async def _close(thread: Thread, number: int, valid_to: datetime, because: str) -> None:
    values = (thread.now, valid_to, because, thread.author.workspace, number)
    cursor = await thread.connection.execute(_CLOSE, values)
    payload: Json = {"valid_to": valid_to.isoformat(), "because": because}
    await thread.note("fact.closed", payload, fact=number, keep=True)
    await chunks.close(thread, [row[0] for row in await cursor.fetchall()], because)


def _fact(row: dict[str, Any]) -> Fact:
    said = row.pop("object")
    return Fact(**row, object=None if said is None else json.loads(said))


def _type_of(
    value: Json, *, entity: bool
) -> Literal["entity", "text", "number", "boolean", "json"]:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "entity" if entity else "text"
        case _:
            return "json"


_OPEN = """
SELECT id, object FROM pai.fact
WHERE workspace = %s AND subject = %s AND predicate = %s AND closed_at IS NULL
ORDER BY id FOR UPDATE
"""
_ADD = """
INSERT INTO pai.fact (workspace, subject, predicate, object, object_type, valid_from, valid_to,
    recorded_at, confidence, source_kind, source_ref, source_version, source_place, trust, run,
    path, owner, caller)
VALUES (%(workspace)s, %(subject)s, %(predicate)s, %(object)s, %(object_type)s, %(valid_from)s,
    %(valid_to)s, %(recorded_at)s, %(confidence)s, %(source_kind)s, %(source_ref)s,
    %(source_version)s, %(source_place)s, %(trust)s, %(run)s, %(path)s, %(owner)s, %(caller)s)
RETURNING id
"""
_CLOSE = """
WITH closed AS (
    UPDATE pai.fact SET closed_at = %s, closed_to = least(%s, valid_to), closed_because = %s
    WHERE workspace = %s AND id = %s RETURNING workspace, id
)
SELECT c.id FROM pai.chunk c JOIN closed ON c.workspace = closed.workspace AND c.fact = closed.id
"""
_FIND = """
SELECT * FROM (
    SELECT f.id, f.subject, f.predicate, f.object, f.object_type, f.valid_from,
        CASE WHEN known THEN f.closed_to ELSE f.valid_to END AS valid_to, f.recorded_at,
        CASE WHEN known THEN f.closed_at END AS closed_at,
        CASE WHEN known THEN nullif(f.closed_because, '') END AS closed_because,
        f.confidence, f.trust, f.owner, f.caller, f.run, f.path,
        json_strip_nulls(json_build_object('kind', f.source_kind, 'ref', f.source_ref,
            'version', f.source_version, 'place', f.source_place)) AS source,
        (SELECT min(c.id) FROM pai.chunk c
         WHERE c.workspace = f.workspace AND c.fact = f.id) AS chunk
    FROM pai.fact f, LATERAL (SELECT f.closed_at IS NOT NULL AND
        f.closed_at <= coalesce(%(as_of)s::timestamptz, 'infinity') AS known) AS closing
    WHERE f.workspace = %(workspace)s
      AND (%(subject)s::text IS NULL OR f.subject = %(subject)s)
      AND (%(predicate)s::text IS NULL OR f.predicate = %(predicate)s)
      AND (%(object)s::text IS NULL OR
           (md5(f.object) = md5(%(object)s) AND f.object = %(object)s))
      AND f.recorded_at <= coalesce(%(as_of)s::timestamptz, 'infinity')
      AND (%(past)s OR f.subject IS NOT NULL)
) AS told
WHERE %(past)s OR (valid_from <= coalesce(%(valid_at)s::timestamptz, now())
    AND (valid_to IS NULL OR valid_to > coalesce(%(valid_at)s::timestamptz, now())))
ORDER BY valid_from DESC, id DESC LIMIT %(limit)s
"""
