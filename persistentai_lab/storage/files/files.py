"""The files layer, as the Memory Tree has it: each query and command to whoever knows it."""

from typing import Any

from ...errors import MemoryRefused
from ...flow.payload import Payload
from ...memory.author import Author
from ...memory.files.asks import (
    PIECE_MAX,
    CommitFiles,
    KeepBytes,
    ListFiles,
    ReadFile,
    StatFile,
)
from ...memory.files.model import Stat, Version
from ...memory.layer import Answer, Receipt
from ..blobs import Blobs
from ..pool import Pool
from . import committing, looking
from .view import Connection, resolve


class Files:
    """The files layer in Postgres, with the bytes of large files beside it."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        where = author.workspace
        match query:
            case StatFile():
                return Answer((await self.stat(author, query)).model_dump(mode="json"))
            case ReadFile():
                return await self._read(author, query)
            case KeepBytes():
                return Answer((await self._keep(author, query)).model_dump(mode="json"))
            case ListFiles():
                async with self._pool.connection() as connection:
                    view = await resolve(connection, where, query.branch, query.at)
                    page = await looking.listing(connection, where, view, query)
                return Answer([stat.model_dump(mode="json") for stat in page])
        raise NotImplementedError(query)

    async def prepare(self, author: Author, command: Any) -> None:
        """Nothing is slow: content was kept before."""

    async def apply(self, connection: Connection, author: Author, command: Any) -> Receipt:
        """Do a command in the transaction of `connection`."""
        match command:
            case CommitFiles():
                return await committing.commit(connection, author, command)
        raise NotImplementedError(command)

    async def stat(self, author: Author, query: StatFile | ReadFile) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        async with self._pool.connection() as connection:
            view = await resolve(connection, author.workspace, query.branch, query.at)
            return await looking.stat(connection, author.workspace, view, query.path)

    async def open(self, author: Author, stat: Stat) -> Payload:
        """The content of a file; a large one stays where it lies. Raises `NotInMemory`."""
        if stat.sha256 is None:
            raise MemoryRefused(f"{stat.path!r} is a folder.", remedy="Name a file in it.")
        return await self._blobs.open(author.workspace, stat.sha256, stat.media_type)

    async def keep(self, author: Author, payload: Payload) -> Version:
        """Keep content for a commit to come. Twice is once."""
        sha256 = await self._blobs.put(
            author.workspace, payload, owner=author.owner, caller=author.caller
        )
        return Version(sha256=sha256, size=len(payload.data), media_type=payload.media_type)

    async def _keep(self, author: Author, query: KeepBytes) -> Version:
        return await self.keep(author, Payload(query.data, query.media_type))

    async def _read(self, author: Author, query: ReadFile) -> Answer:
        stat = await self.stat(author, query)
        payload = await self.open(author, stat)
        whole = len(payload.data)
        end = whole if query.size is None else min(query.start + query.size, whole)
        if end - query.start > PIECE_MAX:
            raise MemoryRefused(
                f"{stat.path!r} has {whole:,} bytes, more than are read at once.",
                remedy=f"Read it in pieces of up to {PIECE_MAX:,} bytes (`start`, `size`).",
            )
        data = bytes(payload.data[query.start : max(end, query.start)])
        return Answer(stat.model_dump(mode="json"), data)
