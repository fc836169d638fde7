"""A thread, locked: gives places to chunks, and a link of its chain to each change."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from psycopg import AsyncConnection

from ...ids import Json
from ...memory import chain
from ...memory.author import Author

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class Thread:
    """Held until the transaction ends. What is changed is written by `close`."""

    connection: Connection
    author: Author
    name: str
    seq: int
    chunks: int
    hash: bytes
    now: datetime
    """Of the database, in milliseconds: later than all that was recorded in the thread before."""

    @classmethod
    async def lock(cls, connection: Connection, author: Author, name: str) -> Self:
        """Lock it; it begins with its first lock."""
        key = (author.workspace, name)
        head = await (await connection.execute(_LOCK, key)).fetchone()
        if head is None:
            new = (*key, chain.GENESIS, author.owner, author.caller)
            await connection.execute(_BEGIN, new)
            head = await (await connection.execute(_LOCK, key)).fetchone()
        assert head is not None
        return cls(connection, author, name, *head)

    def place(self) -> int:
        """The next place for a chunk."""
        self.chunks += 1
        return self.chunks

    async def note(
        self,
        op: str,
        payload: Json,
        *,
        chunk: int | None = None,
        fact: int | None = None,
        keep: bool = False,
    ) -> None:
        """Add a link. `keep`: nothing else holds its payload."""
        author, salt = self.author, secrets.token_bytes(chain.SALT_SIZE)
        self.seq += 1
        text = chain.canonical(payload)
        digest = chain.payload_hash(salt, text)
        row = LogRow(self.name, self.seq, self.now, op, chunk, fact, author)
        self.hash = chain.link(self.hash, facts_of(row), digest)
        await self.connection.execute(
            _NOTE,
            (
                author.workspace, self.name, self.seq, self.now, op, chunk, fact,
                text.decode() if keep else None, salt, digest, self.hash,
                author.run, author.path, author.owner, author.caller,
            ),
        )  # fmt: skip

    async def close(self) -> None:
        """Write where it ends now."""
        at = (self.seq, self.chunks, self.hash, self.now, self.author.workspace, self.name)
        await self.connection.execute(_END, at)


@dataclass(frozen=True, slots=True)
class LogRow:
    """What a link says besides its payload."""

    thread: str
    seq: int
    at: datetime
    op: str
    chunk: int | None
    fact: int | None
    author: Author


def facts_of(row: LogRow) -> list[str | None]:
    """In an order that never changes."""
    by = row.author
    return [
        by.workspace, row.thread, str(row.seq), row.at.isoformat(), row.op,
        None if row.chunk is None else str(row.chunk), None if row.fact is None else str(row.fact),
        by.owner, by.caller, by.run, by.path,
    ]  # fmt: skip


_LOCK = """
SELECT seq, chunks, hash, date_trunc('milliseconds', clock_timestamp()) FROM pai.knowledge_thread
WHERE workspace = %s AND thread = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.knowledge_thread (workspace, thread, hash, owner, caller)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_NOTE = """
INSERT INTO pai.knowledge_log (workspace, thread, seq, at, op, chunk, fact, body, salt,
                               payload_hash, hash, run, path, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_END = """
UPDATE pai.knowledge_thread SET seq = %s, chunks = %s, hash = %s, updated_at = %s
WHERE workspace = %s AND thread = %s
"""
