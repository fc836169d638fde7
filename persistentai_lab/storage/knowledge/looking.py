"""Each query of the layer, and who answers it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from psycopg.rows import class_row
from pydantic import BaseModel

from ...errors import NotInMemory
from ...memory.author import Author
from ...memory.knowledge import asks
from ...memory.knowledge.model import Chunk, Standing, ThreadHead
from ...memory.layer import Answer, Query, Touch
from ..pool import Pool
from . import chunks, facts
from .context import gather
from .recall import recall
from .vectors import Vectors
from .verify import verify


class Looking:
    """Answers queries. Changes nothing."""

    def __init__(self, pool: Pool, vectors: Vectors) -> None:
        self._pool = pool
        self._vectors = vectors
        self._answers: dict[type[Query], Callable[[Author, Any], Awaitable[Answer]]] = {
            asks.Recall: self._recall,
            asks.Assemble: self._context,
            asks.Facts: self._facts,
            asks.Chunks: self._chunks,
            asks.Neighbours: self._neighbours,
            asks.Threads: self._threads,
            asks.Embed: self._embed,
            asks.Verify: self._verify,
            asks.Status: self._status,
        }

    async def answer(self, author: Author, query: Query) -> Answer:
        """Answer a query."""
        return await self._answers[type(query)](author, query)

    async def _recall(self, author: Author, query: asks.Recall) -> Answer:
        found = await recall(self._pool, self._vectors, author, query)
        return _told(found, *(_read(hit.chunk) for hit in found.hits))

    async def _context(self, author: Author, query: asks.Assemble) -> Answer:
        found = await gather(self._pool, self._vectors, author, query)
        return _told(found, *(piece.touch for piece in found.pieces))

    async def _facts(self, author: Author, query: asks.Facts) -> Answer:
        async with self._pool.connection() as connection:
            found = await facts.find(connection, author, query)
        touched = (
            Touch(asks.fact_thread(fact.subject), fact.id)
            for fact in found
            if fact.subject is not None
        )
        return _list(found, *touched)

    async def _chunks(self, author: Author, query: asks.Chunks) -> Answer:
        async with self._pool.connection() as connection:
            found = await chunks.in_thread(
                connection, author.workspace, query.thread, after=query.after, limit=query.limit,
                as_of=query.as_of, closed=query.closed, newest=query.newest,
            )  # fmt: skip
        return _list(found, *map(_read, found))

    async def _neighbours(self, author: Author, query: asks.Neighbours) -> Answer:
        async with self._pool.connection() as connection:
            found = await chunks.fetch(connection, author.workspace, [query.chunk])
            if query.chunk not in found:
                raise NotInMemory(
                    f"There is no chunk {query.chunk}.", remedy="`recall` says the ids of chunks."
                )
            chunk = found[query.chunk]
            around = await chunks.in_thread(
                connection, author.workspace, chunk.thread,
                after=chunk.position - query.before - 1, limit=query.before + query.after + 1,
            )  # fmt: skip
        last = chunk.position + query.after
        near = [each for each in around if each.position <= last]
        return _list(near, *map(_read, near))

    async def _threads(self, author: Author, query: asks.Threads) -> Answer:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(ThreadHead))
            await cursor.execute(
                _THREADS, (author.workspace, query.prefix, query.after, query.limit)
            )
            return _list(await cursor.fetchall())

    async def _embed(self, author: Author, query: asks.Embed) -> Answer:
        embedder = await self._vectors.embedder()
        if embedder is None:
            raise NotInMemory("There is no embedder.", remedy=await self._vectors.note())
        return Answer(await embedder.embed(query.texts))  # type: ignore[arg-type]

    async def _verify(self, author: Author, query: asks.Verify) -> Answer:
        async with self._pool.connection() as connection:
            return Answer(await verify(connection, author.workspace, query.thread))

    async def _status(self, author: Author, query: asks.Status) -> Answer:
        embedder = await self._vectors.embedder()
        asked = {"workspace": author.workspace, "model": embedder.model if embedder else None}
        embedded = 0
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_STATUS, asked)).fetchone()
            if embedder:
                count = await (await connection.execute(_EMBEDDED, asked)).fetchone()
                embedded = count[0] if count else 0
        assert row is not None
        standing = Standing(
            chunks=row[0], closed=row[1], facts=row[2], embedded=embedded,
            model=embedder.model if embedder else None, note=await self._vectors.note(),
        )  # fmt: skip
        return _told(standing)


def _read(chunk: Chunk) -> Touch:
    """For history: the chunk of a thread, or the fact that it puts into words."""
    return Touch(chunk.thread, chunk.fact or chunk.id)


def _told(value: BaseModel, *touched: Touch) -> Answer:
    return Answer(value.model_dump(mode="json"), touched=touched)


def _list(values: Sequence[BaseModel], *touched: Touch) -> Answer:
    return Answer([value.model_dump(mode="json") for value in values], touched=touched)


_THREADS = """
SELECT thread, chunks, seq, encode(hash, 'hex') AS hash, updated_at FROM pai.knowledge_thread
WHERE workspace = %s AND starts_with(thread, %s) AND thread > %s ORDER BY thread LIMIT %s
"""
_STATUS = """
SELECT (SELECT count(*) FROM pai.chunk WHERE workspace = %(workspace)s AND closed_at IS NULL),
       (SELECT count(*) FROM pai.chunk WHERE workspace = %(workspace)s
        AND closed_at IS NOT NULL AND text IS NOT NULL),
       (SELECT count(*) FROM pai.fact WHERE workspace = %(workspace)s AND closed_at IS NULL)
"""
_EMBEDDED = """
SELECT count(*) FROM pai.chunk c JOIN pai.text_vector v
  ON v.workspace = c.workspace AND v.model = %(model)s AND v.sha256 = c.sha256
WHERE c.workspace = %(workspace)s AND c.closed_at IS NULL
"""
