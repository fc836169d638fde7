"""Feeds: one row an entry, one head a feed whose lock gives the next position."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import class_row

from ...errors import NotInMemory
from ...memory.author import Author
from ...memory.feed.asks import (
    Append,
    AppendAll,
    Forget,
    ListFeeds,
    PatchState,
    ReadFeed,
    StateOf,
    VerifyFeed,
)
from ...memory.feed.model import Entry, Head, State
from ...memory.layer import Answer, Receipt, Touch
from ..pool import Pool
from . import states
from .appending import Connection, append
from .erasing import forget
from .moving import Moving
from .reading import read_statement
from .verifying import verify

_Ask = ReadFeed | ListFeeds | StateOf | VerifyFeed
_Do = Append | AppendAll | PatchState | Forget


class Feeds(Moving):
    """The feed layer."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._pool = pool

    async def answer(self, author: Author, query: _Ask) -> Answer:
        """Answer a query."""
        match query:
            case ReadFeed():
                entries = await self.read(author, query)
                seen = max((entry.seq for entry in entries), default=query.after)
                return Answer(
                    [entry.model_dump(mode="json") for entry in entries],
                    touched=(Touch(query.feed, seen),),
                )
            case ListFeeds():
                heads = await self.list(author, query)
                return Answer([head.model_dump(mode="json") for head in heads])
            case StateOf():
                found = await self.state(author, query)
                touched = (Touch(query.feed, found.seq),)
                return Answer(found.model_dump(mode="json"), touched=touched)
            case VerifyFeed():
                verdict = await verify(self._pool, author.workspace, query)
                return Answer(verdict.model_dump(mode="json"))

    async def prepare(self, author: Author, commands: Sequence[_Do]) -> None:
        """Nothing is slow about an entry."""

    async def apply(self, connection: Connection, author: Author, command: _Do) -> Receipt:
        """Append or erase, in the transaction of `connection`."""
        match command:
            case Forget():
                return await forget(connection, author, command)
            case AppendAll():
                places = await append(connection, author, command.feed, command.entries())
                seqs = [seq for seq, _ in places]
                is_again = all(again for _, again in places)
                return Receipt(command.feed, max(seqs), is_again, result=list(seqs))
            case Append() | PatchState():
                ((seq, again),) = await append(connection, author, command.feed, command.entries())
                return Receipt(command.feed, seq, again)

    async def read(self, author: Author, query: ReadFeed) -> list[Entry]:
        """Entries in order, or the newest first."""
        statement, values = read_statement(author.workspace, query)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Entry))
            await cursor.execute(statement, values)
            return await cursor.fetchall()

    async def list(self, author: Author, query: ListFeeds) -> list[Head]:
        """Feeds by name."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Head))
            await cursor.execute(_LIST, (author.workspace, query.prefix, query.after, query.limit))
            return await cursor.fetchall()

    async def state(self, author: Author, query: StateOf) -> State:
        """The state at a position, or a moment. Raises `NotInMemory`."""
        feed, workspace = query.feed, author.workspace
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            head = await (await connection.execute(_HEAD, (workspace, feed))).fetchone()
            if head is None:
                raise NotInMemory(
                    f"There is no feed {feed!r}.", remedy="`feeds` lists those there are."
                )
            seq = int(head[0])
            if isinstance(query.at, datetime):
                seq = await states.position_at(connection, workspace, feed, query.at)
            elif query.at is not None and query.at > seq:
                raise NotInMemory(
                    f"{feed!r} ends at {seq}: it has no entry {query.at}.",
                    remedy="Leave `at` out for the state as it is now.",
                )
            elif query.at is not None:
                seq = query.at
            folded = await states.fold(connection, workspace, feed, seq)
        return State(feed=feed, seq=seq, state=folded.state, skipped=folded.skipped)


_HEAD = "SELECT seq FROM pai.feed_head WHERE workspace = %s AND feed = %s"
_LIST = """
SELECT feed, seq, encode(hash, 'hex') AS hash, updated_at FROM pai.feed_head
WHERE workspace = %s AND starts_with(feed, %s) AND feed > %s ORDER BY feed LIMIT %s
"""
