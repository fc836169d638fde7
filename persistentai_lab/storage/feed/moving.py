"""Feeds out of the database and into it, as JSON Lines with their chain."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from ...errors import BrokenChain, NotInMemory, WriteConflict
from ...ids import Workspace
from ...memory.author import Author
from ...memory.feed.lines import FeedFile, Parsed, entry_line, first_line, last_line
from ...memory.feed.links import genesis
from ..pool import Pool
from . import states
from .verifying import text_of

PAGE = 1_000
AT_ONCE = 2
"""Each holds a connection for as long as whoever is at the other end takes."""


class Moving:
    """Exports and imports."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def lines(self, workspace: Workspace, feed: str) -> AsyncIterator[bytes]:
        """The file of a feed as it stands now, in pieces. Raises `NotInMemory` at once."""
        async with self._turns, self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            head = await (await connection.execute(_HEAD, (workspace, feed))).fetchone()
            if head is None:
                raise NotInMemory(
                    f"There is no feed {feed!r}.", remedy="`feeds` lists those there are."
                )
            last, hashed, origin = head
            came = origin or {"workspace": workspace, "feed": feed}
            yield first_line(came["workspace"], came["feed"], last, hashed)
            async with connection.cursor("export", scrollable=False) as cursor:
                await cursor.execute(_ROWS, (workspace, feed), binary=True)
                while rows := await cursor.fetchmany(PAGE):
                    yield await asyncio.to_thread(_lines, rows)
            yield last_line(last, hashed)

    async def take_in(self, author: Author, feed: str, lines: Iterable[bytes]) -> int:
        """Make a feed of an exported file: the whole of it, or nothing.

        Returns:
            The position at which it ends.

        Raises:
            BrokenChain: The file was altered, or is not whole; the line is named.
            WriteConflict: There is another feed of this name.
        """
        file = await asyncio.to_thread(FeedFile, lines)
        header = file.header
        origin = {"workspace": header.workspace, "feed": header.feed}
        is_own = header.workspace == author.workspace and header.feed == feed
        async with self._turns, self._pool.connection() as connection, connection.transaction():
            begun = await connection.execute(
                _BEGIN,
                {
                    "workspace": author.workspace, "feed": feed, "owner": author.owner,
                    "caller": author.caller, "hash": genesis(**origin),
                    "origin": text_of(None if is_own else origin),
                },
            )  # fmt: skip
            if await begun.fetchone() is None:
                await _must_be_the_same(connection, author, feed, file)
                return header.seq
            try:
                await _copy(connection, author, feed, file)
            except UniqueViolation:
                raise BrokenChain(
                    "Two entries of the file have the same key.", remedy="Export it again."
                ) from None
            await states.make_anew(connection, author, feed, 1)
            await connection.execute(
                _END, (header.seq, bytes.fromhex(header.hash), author.workspace, feed)
            )
        return header.seq


async def _copy(
    connection: AsyncConnection[Any], author: Author, feed: str, file: FeedFile
) -> None:
    pages: Iterator[list[Parsed]] = file.pages()
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            for row, at, erased_at in page:
                seq, _, kind, key, owner, caller, run, path, text, salt, digest, link, _ = row
                await copy.write_row(
                    (
                        author.workspace, feed, seq, at, kind, key, text, salt, digest, link,
                        run, path, owner, caller, erased_at,
                    )
                )  # fmt: skip


async def _must_be_the_same(
    connection: AsyncConnection[Any], author: Author, feed: str, file: FeedFile
) -> None:
    """A file that is imported again has been."""
    row = await (await connection.execute(_HEAD, (author.workspace, feed))).fetchone()
    if row is None or (row[0], row[1].hex()) != (file.header.seq, file.header.hash):
        raise WriteConflict(
            f"There is another feed {feed!r} already.", remedy="Import it under another name."
        )


def _lines(rows: list[Any]) -> bytes:
    return b"".join([entry_line(row[:-1], row[-1]) for row in rows])


_HEAD = "SELECT seq, hash, origin FROM pai.feed_head WHERE workspace = %s AND feed = %s"
_ROWS = """
SELECT seq, (extract(epoch FROM at) * 1000000)::bigint, kind, key, owner, caller, run, path,
       body::text, salt, payload_hash, hash, erased_at IS NOT NULL, erased_at
FROM pai.feed_entry WHERE workspace = %s AND feed = %s ORDER BY seq
"""
_BEGIN = """
INSERT INTO pai.feed_head (workspace, feed, hash, owner, caller, origin)
VALUES (%(workspace)s, %(feed)s, %(hash)s, %(owner)s, %(caller)s, %(origin)s)
ON CONFLICT DO NOTHING RETURNING 1
"""
_COPY = """
COPY pai.feed_entry (workspace, feed, seq, at, kind, key, body, salt, payload_hash, hash, run, path,
                     owner, caller, erased_at) FROM STDIN
"""
_END = """
UPDATE pai.feed_head SET seq = %s, hash = %s, updated_at = clock_timestamp()
WHERE workspace = %s AND feed = %s
"""
