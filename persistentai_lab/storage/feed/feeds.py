"""Feeds: one row an entry, one head a feed whose lock gives the next position."""

import secrets
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...memory import chain
from ...memory.author import Author
from ...memory.feed.asks import Append, ListFeeds, ReadFeed
from ...memory.feed.model import Entry, Head
from ...memory.layer import Answer, Receipt
from ...memory.storable import storable
from ..pool import Pool

Connection = AsyncConnection[tuple[Any, ...]]


class Feeds:
    """The feed layer."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, author: Author, query: ReadFeed | ListFeeds) -> Answer:
        """Answer a query."""
        match query:
            case ReadFeed():
                entries = await self.read(author, query)
                return Answer([entry.model_dump(mode="json") for entry in entries])
            case ListFeeds():
                heads = await self.list(author, query)
                return Answer([head.model_dump(mode="json") for head in heads])

    async def prepare(self, author: Author, command: Append) -> None:
        """Nothing is slow about an entry."""

    async def apply(self, connection: Connection, author: Author, command: Append) -> Receipt:
        """Append an entry in the transaction of `connection`."""
        body, text = storable(command.body)
        payload = chain.canonical(body)
        head = await (await connection.execute(_LOCK, (author.workspace, command.feed))).fetchone()
        if head is None:
            await connection.execute(
                _BEGIN, (author.workspace, command.feed, chain.GENESIS, author.owner, author.caller)
            )
            locked = await connection.execute(_LOCK, (author.workspace, command.feed))
            head = await locked.fetchone()
        assert head is not None
        last, last_hash, at = head
        if command.key is not None:
            known = await connection.execute(_BY_KEY, (author.workspace, command.feed, command.key))
            if (row := await known.fetchone()) is not None:
                return Receipt(command.feed, row[0], again=True)
        salt, seq = secrets.token_bytes(chain.SALT_SIZE), last + 1
        digest = chain.payload_hash(salt, payload)
        hashed = chain.link(last_hash, facts_of(author, command, seq, at), digest)
        await connection.execute(
            _APPEND,
            {
                "workspace": author.workspace, "feed": command.feed, "seq": seq, "at": at,
                "kind": command.kind, "key": command.key, "body": text, "salt": salt,
                "payload_hash": digest, "hash": hashed, "run": author.run, "path": author.path,
                "owner": author.owner, "caller": author.caller,
            },
        )  # fmt: skip
        return Receipt(command.feed, seq)

    async def read(self, author: Author, query: ReadFeed) -> list[Entry]:
        """Entries in order."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Entry))
            await cursor.execute(_READ, (author.workspace, query.feed, query.after, query.limit))
            return await cursor.fetchall()

    async def list(self, author: Author, query: ListFeeds) -> list[Head]:
        """Feeds by name."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Head))
            await cursor.execute(_LIST, (author.workspace, query.prefix, query.after, query.limit))
            return await cursor.fetchall()


def facts_of(author: Author, command: Append, seq: int, at: datetime) -> list[str | None]:
    """What the link of an entry says besides its payload. The order never changes."""
    return [
        author.workspace, command.feed, str(seq), at.isoformat(), command.kind, command.key,
        author.owner, author.caller, author.run, author.path,
    ]  # fmt: skip


_LOCK = """
SELECT seq, hash, date_trunc('milliseconds', clock_timestamp()) FROM pai.feed_head
WHERE workspace = %s AND feed = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.feed_head (workspace, feed, hash, owner, caller) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_BY_KEY = "SELECT seq FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND key = %s"
_APPEND = """
WITH added AS (
    INSERT INTO pai.feed_entry (workspace, feed, seq, at, kind, key, body, salt, payload_hash, hash,
                                run, path, owner, caller)
    VALUES (%(workspace)s, %(feed)s, %(seq)s, %(at)s, %(kind)s, %(key)s, %(body)s, %(salt)s,
            %(payload_hash)s, %(hash)s, %(run)s, %(path)s, %(owner)s, %(caller)s)
)
UPDATE pai.feed_head SET seq = %(seq)s, hash = %(hash)s, updated_at = %(at)s
WHERE workspace = %(workspace)s AND feed = %(feed)s
"""
_READ = """
SELECT feed, seq, at, kind, owner, caller, run, path, key, body, erased_at,
       encode(hash, 'hex') AS hash
FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND seq > %s ORDER BY seq LIMIT %s
"""
_LIST = """
SELECT feed, seq, encode(hash, 'hex') AS hash, updated_at FROM pai.feed_head
WHERE workspace = %s AND starts_with(feed, %s) AND feed > %s ORDER BY feed LIMIT %s
"""
