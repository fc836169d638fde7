"""A document's pieces: what is new is added, what is gone is closed, the rest stays."""

from collections import defaultdict
from typing import Any

from psycopg import AsyncConnection

from ...ids import Json
from ...memory.author import Author
from ...memory.knowledge.asks import Ingest
from ...memory.knowledge.model import Source
from ...memory.layer import Receipt
from . import chunks
from .thread import Thread
from .vectors import digest

Connection = AsyncConnection[tuple[Any, ...]]


async def ingest(connection: Connection, author: Author, command: Ingest) -> Receipt:
    """Make these pieces the current content.

    A piece that was there already keeps its id, its vector and the commit that brought it.
    """
    thread = await Thread.lock(connection, author, command.target)
    cursor = await connection.execute(_CURRENT, (author.workspace, thread.name))
    there: dict[bytes, list[int]] = defaultdict(list)
    for number, sha256 in await cursor.fetchall():
        there[sha256].append(number)
    kept: list[tuple[int, int]] = []
    added = 0
    for position, piece in enumerate(command.pieces, 1):
        if same := there.get(digest(piece.text)):
            kept.append((same.pop(0), position))
            continue
        source = Source(
            kind="web" if command.url else "file", ref=command.url or command.document,
            version=command.commit, place=piece.place or None,
        )  # fmt: skip
        await chunks.add(thread, chunks.New(piece.text, "document", source, "document"), position)
        added += 1
    gone = [number for numbers in there.values() for number in numbers]
    if gone:
        await chunks.close(thread, gone, "no longer in the document")
    if kept:
        ids, positions = map(list, zip(*kept, strict=True))
        await connection.execute(_MOVE, (ids, positions, author.workspace))
    thread.chunks = max(thread.chunks, len(command.pieces))
    await thread.close()
    counts: Json = {"added": added, "kept": len(kept), "closed": len(gone)}
    return Receipt(command.target, counts)


_CURRENT = """
SELECT id, sha256 FROM pai.chunk
WHERE workspace = %s AND thread = %s AND closed_at IS NULL AND text IS NOT NULL
ORDER BY position, id
"""
_MOVE = """
UPDATE pai.chunk c SET position = new.position
FROM unnest(%s::bigint[], %s::bigint[]) AS new (id, position)
WHERE c.workspace = %s AND c.id = new.id AND c.position <> new.position
"""
