"""Erasing for good. The chain keeps its links: salted hashes whose salts are gone."""

from typing import Any

from psycopg import AsyncConnection

from ...errors import NotInMemory
from ...memory import chain
from ...memory.author import Author
from ...memory.knowledge.asks import Forget
from ...memory.layer import Receipt
from .thread import Thread
from .vectors import Vectors

Connection = AsyncConnection[tuple[Any, ...]]


async def forget(
    connection: Connection, author: Author, command: Forget, vectors: Vectors
) -> Receipt:
    """Erase what is meant. Raises `NotInMemory` when there is nothing of it (any more)."""
    source = command.source
    asked = {
        "workspace": author.workspace, "chunks": list(command.chunks),
        "facts": list(command.facts), "thread": command.thread, "subject": command.subject,
        "object": command.subject and chain.canonical(command.subject).decode(),
        "kind": source and source.kind, "ref": source and source.ref,
        "version": source and source.version, "place": source and source.place,
    }  # fmt: skip
    found = await connection.execute(_MEANT_FACTS, asked)
    facts = {row[0]: row[1] for row in await found.fetchall()}
    found = await connection.execute(_MEANT_CHUNKS, {**asked, "found": list(facts)})
    chunks = {row[0]: row[1] for row in await found.fetchall()}
    if not chunks and not facts:
        raise NotInMemory(
            "There is nothing of this to forget.", remedy="It was never here, or is erased already."
        )
    # A fact's chunk stands in the thread of the fact, so all threads there are are known.
    for name in sorted({*chunks.values(), *facts.values()} - {None}):
        thread = await Thread.lock(connection, author, name)
        for number in sorted(n for n, of in facts.items() if of == name):
            await thread.note("fact.erased", {"because": command.because}, fact=number, keep=True)
        for number in sorted(n for n, of in chunks.items() if of == name):
            await thread.note("chunk.erased", {"because": command.because}, chunk=number, keep=True)
        await thread.close()
    ids = {"workspace": author.workspace, "chunks": list(chunks), "facts": list(facts)}
    hashes = await (await connection.execute(_HASHES, ids)).fetchall()
    for statement in (_ERASE_WORDS, _ERASE_CHUNKS, _ERASE_FACTS, _ERASE_SALTS):
        await connection.execute(statement, ids)
    await vectors.erase(connection, author.workspace, [row[0] for row in hashes])
    return Receipt("forgotten", {"chunks": len(chunks), "facts": len(facts)})


_MEANT_FACTS = """
SELECT f.id, min(l.thread) FROM pai.fact f
JOIN pai.knowledge_log l ON l.workspace = f.workspace AND l.fact = f.id AND l.op = 'fact.added'
WHERE f.workspace = %(workspace)s AND f.subject IS NOT NULL AND (
    f.id = ANY(%(facts)s)
    OR f.id IN (SELECT fact FROM pai.chunk WHERE workspace = %(workspace)s
                AND (id = ANY(%(chunks)s) OR thread = %(thread)s) AND fact IS NOT NULL)
    OR f.subject = %(subject)s
    OR (md5(f.object) = md5(%(object)s) AND f.object = %(object)s)
    OR (f.source_kind = %(kind)s AND f.source_ref = %(ref)s
        AND (%(version)s::text IS NULL OR f.source_version = %(version)s)
        AND (%(place)s::text IS NULL OR f.source_place = %(place)s)))
GROUP BY f.id
"""
_MEANT_CHUNKS = """
SELECT c.id, c.thread FROM pai.chunk c
WHERE c.workspace = %(workspace)s AND c.text IS NOT NULL AND (
    c.id = ANY(%(chunks)s) OR c.fact = ANY(%(found)s) OR c.thread = %(thread)s
    OR (c.source_kind = %(kind)s AND c.source_ref = %(ref)s
        AND (%(version)s::text IS NULL OR c.source_version = %(version)s)
        AND (%(place)s::text IS NULL OR c.source_place = %(place)s)))
"""
_HASHES = """
SELECT DISTINCT sha256 FROM pai.chunk
WHERE workspace = %(workspace)s AND id = ANY(%(chunks)s) AND sha256 IS NOT NULL
"""
_ERASE_WORDS = """
DELETE FROM pai.chunk_word WHERE workspace = %(workspace)s AND chunk = ANY(%(chunks)s)
"""
_ERASE_CHUNKS = """
UPDATE pai.chunk SET text = NULL, sha256 = NULL, source_ref = 'erased', source_version = NULL,
    source_place = NULL, closed_at = coalesce(closed_at, clock_timestamp())
WHERE workspace = %(workspace)s AND id = ANY(%(chunks)s)
"""
_ERASE_FACTS = """
UPDATE pai.fact SET subject = NULL, object = NULL, closed_because = NULL, source_ref = 'erased',
    source_version = NULL, source_place = NULL, closed_at = coalesce(closed_at, clock_timestamp())
WHERE workspace = %(workspace)s AND id = ANY(%(facts)s)
"""
_ERASE_SALTS = """
UPDATE pai.knowledge_log SET salt = NULL, body = NULL
WHERE workspace = %(workspace)s AND op NOT LIKE '%%.erased'
  AND (chunk = ANY(%(chunks)s) OR fact = ANY(%(facts)s))
"""
