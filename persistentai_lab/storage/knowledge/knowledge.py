"""The knowledge layer: each query and command to who answers or does it."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from ...memory.author import Author
from ...memory.knowledge.asks import (
    AddFact,
    Close,
    CloseFact,
    EmbedMissing,
    Forget,
    Ingest,
    Remember,
)
from ...memory.knowledge.embedders import Embedder
from ...memory.knowledge.model import Source, Trust
from ...memory.layer import Answer, Query, Receipt
from ...memory.storable import storable
from ..pool import Pool
from . import chunks, facts
from .forget import forget
from .ingest import ingest
from .looking import Looking
from .thread import Thread
from .vectors import Vectors

Connection = AsyncConnection[tuple[Any, ...]]


class Knowledge:
    """The knowledge layer."""

    def __init__(self, pool: Pool, embedder: Embedder | None = None) -> None:
        """With the embedder of the settings, if none is given."""
        self._vectors = Vectors(pool, embedder)
        self._looking = Looking(pool, self._vectors)

    async def answer(self, author: Author, query: Query) -> Answer:
        """Answer a query."""
        return await self._looking.answer(author, query)

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """Make the vectors of the texts that they bring, of all of them at once."""
        texts = [text for command in commands for text in await self._texts(author, command)]
        for text in texts:
            storable(text)
        await self._vectors.make(author.workspace, texts)

    async def _texts(self, author: Author, command: Any) -> Sequence[str]:
        match command:
            case Remember():
                return [command.text]
            case Ingest():
                return [piece.text for piece in command.pieces]
            case AddFact():
                value, _ = storable(command.object)
                return [facts.sentence_of(command.subject, command.predicate, value)]
            case EmbedMissing():
                return await self._vectors.without(author.workspace, command.limit)
        return ()

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
            case EmbedMissing():
                return Receipt(command.target, None)
        raise AssertionError(command)

    async def _remember(self, connection: Connection, author: Author, command: Remember) -> Receipt:
        thread = await Thread.lock(connection, author, command.thread)
        if command.key is not None:
            known = await chunks.by_key(thread, command.key)
            if known is not None:
                return Receipt(command.target, known, again=True)
        source, trust = said_by(author, command.source, command.document)
        new = chunks.New(
            command.text, command.kind, source, trust, said_at=command.said_at, key=command.key
        )
        number = await chunks.add(thread, new, thread.place())
        await thread.close()
        return Receipt(command.target, number)


def said_by(author: Author, source: Source | None, document: bool) -> tuple[Source, Trust]:
    """Where it is from, and by whom it came: nobody can say that a run's words are a person's."""
    if author.run is None:
        return source or Source(kind="person", ref=author.caller), (
            "document" if document else "person"
        )
    own = Source(kind="run", ref=author.run, version=author.path)
    return source or own, "document" if document else "run"
