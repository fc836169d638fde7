"""The knowledge layer: each query and command to who answers or does it."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...errors import NotInMemory
from ...memory.author import Author
from ...memory.knowledge.asks import (
    AddFact,
    Chunks,
    Close,
    CloseFact,
    Embed,
    Facts,
    Forget,
    Ingest,
    Neighbours,
    Recall,
    Remember,
    Status,
    Threads,
    Verify,
)  # fmt: skip
from ...memory.knowledge.embedders import Embedder
from ...memory.knowledge.model import Source, Standing, ThreadHead, Trust
from ...memory.layer import Answer, Receipt
from ...memory.storable import storable
from ..pool import Pool
from . import chunks, facts
from .forget import forget
from .ingest import ingest
from .recall import recall
from .thread import Thread
from .vectors import Vectors
from .verify import verify

Connection = AsyncConnection[tuple[Any, ...]]


class Knowledge:
    """The knowledge layer."""

    def __init__(self, pool: Pool, embedder: Embedder | None = None) -> None:
        """With the embedder of the settings, if none is given."""
        self._pool = pool
        self._vectors = Vectors(pool, embedder)

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        match query:
            case Recall():
                return _told(await recall(self._pool, self._vectors, author, query))
            case Facts():
                async with self._pool.connection() as connection:
                    return _list(await facts.find(connection, author, query))
            case Chunks():
                async with self._pool.connection() as connection:
                    found = await chunks.in_thread(
                        connection, author.workspace, query.thread, after=query.after,
                        limit=query.limit, as_of=query.as_of, closed=query.closed,
                    )  # fmt: skip
                    return _list(found)
            case Neighbours():
                return await self._neighbours(author, query)
            case Threads():
                return await self._threads(author, query)
            case Embed():
                embedder = await self._vectors.embedder()
                if embedder is None:
                    raise NotInMemory("There is no embedder.", remedy=await self._vectors.note())
                return Answer(await embedder.embed(query.texts))  # type: ignore[arg-type]
            case Verify():
                async with self._pool.connection() as connection:
                    return Answer(await verify(connection, author.workspace, query.thread))
            case Status():
                return await self._status(author)
        raise AssertionError(query)

    async def prepare(self, author: Author, command: Any) -> None:
        """Make the vectors of the texts that it brings."""
        match command:
            case Remember():
                texts = [command.text]
            case Ingest():
                texts = [piece.text for piece in command.pieces]
            case AddFact():
                value, _ = storable(command.object)
                texts = [facts.sentence_of(command.subject, command.predicate, value)]
            case _:
                return
        for text in texts:
            storable(text)
        await self._vectors.make(author.workspace, texts)

    async def apply(self, connection: Connection, author: Author, command: Any) -> Receipt:
        """Do a command in the transaction of `connection`."""
        match command:
            case Remember():
                return await self._remember(connection, author, command)
            case Ingest():
                return await ingest(connection, author, command)
            case AddFact():
                source, trust = said_by(author, command.source, command.document)
                return await facts.add(connection, author, command, source, trust)
            case CloseFact():
                return await facts.close(connection, author, command)
            case Forget():
                return await forget(connection, author, command, self._vectors)
            case Close():
                thread = await Thread.lock(connection, author, command.thread)
                closed = await chunks.close(thread, command.chunks, command.because)
                await thread.close()
                return Receipt(command.target, closed)  # type: ignore[arg-type]
        raise AssertionError(command)

    async def _remember(self, connection: Connection, author: Author, command: Remember) -> Receipt:
        thread = await Thread.lock(connection, author, command.thread)
        if command.key is not None:
            known = await chunks.by_key(connection, author.workspace, command.key)
            if known is not None:
                return Receipt(command.target, known, again=True)
        source, trust = said_by(author, command.source, command.document)
        new = chunks.New(
            command.text, command.kind, source, trust, said_at=command.said_at, key=command.key
        )
        number = await chunks.add(thread, new, thread.place())
        await thread.close()
        return Receipt(command.target, number)

    async def _neighbours(self, author: Author, query: Neighbours) -> Answer:
        async with self._pool.connection() as connection:
            found = await chunks.fetch(connection, author.workspace, [query.chunk])
            if query.chunk not in found:
                raise NotInMemory(f"There is no chunk {query.chunk}.")
            chunk = found[query.chunk]
            first = chunk.position - query.before
            around = await chunks.in_thread(
                connection, author.workspace, chunk.thread,
                after=first - 1, limit=query.before + query.after + 1,
            )  # fmt: skip
        last = chunk.position + query.after
        return _list([each for each in around if each.position <= last])

    async def _threads(self, author: Author, query: Threads) -> Answer:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(ThreadHead))
            await cursor.execute(
                _THREADS, (author.workspace, query.prefix, query.after, query.limit)
            )
            return _list(await cursor.fetchall())

    async def _status(self, author: Author) -> Answer:
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


def said_by(author: Author, source: Source | None, document: bool) -> tuple[Source, Trust]:
    """Where it is from, and by whom it came: nobody can say that a run's words are a person's."""
    if author.run is None:
        return source or Source(kind="person", ref=author.caller), (
            "document" if document else "person"
        )
    own = Source(kind="run", ref=author.run, version=author.path)
    return source or own, "document" if document else "run"


def _told(value: Any) -> Answer:
    return Answer(value.model_dump(mode="json"))


def _list(values: list[Any]) -> Answer:
    return Answer([value.model_dump(mode="json") for value in values])


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
