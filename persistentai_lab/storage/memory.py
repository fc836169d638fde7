"""The Memory Tree as storage keeps it: each layer asked, and changed, through one door."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import DataError, DeadlockDetected, SerializationFailure

from ..errors import MemoryRefused
from ..memory.author import Author
from ..memory.layer import Answer, Command, Layer, Query, Receipt
from .bell import word_of
from .blobs import Blobs
from .feed import Feeds
from .files import Files
from .hints import Hints
from .history import History
from .knowledge import Knowledge
from .pool import Pool, away, is_away
from .records import Records

Connection = AsyncConnection[tuple[Any, ...]]
TRIES = 5


class MemoryTree:
    """All layers of all workspaces."""

    def __init__(self, pool: Pool, blobs: Blobs, hints: Hints | None = None) -> None:
        """Made anew in each process; without `hints`, nobody hears at once of what is written."""
        self._pool = pool
        self._hints = hints
        self.feeds = Feeds(pool)
        self.files = Files(pool, blobs)
        self.history = History(pool, blobs)
        self._layers: Mapping[str, Layer] = {
            "feed": self.feeds,
            "files": self.files,
            "records": Records(pool, self.files),
            "knowledge": Knowledge(pool),
            "history": self.history,
        }

    async def answer(self, author: Author, query: Query) -> Answer:
        """Answer a query.

        Raises:
            MemoryRefused: It can't be asked that.
            Unavailable: The database is away.
        """
        try:
            return await self._layers[query.layer()].answer(author, query)
        except Exception as error:
            raise told(error) from error

    async def prepare(self, author: Author, commands: Sequence[Command]) -> None:
        """Do what is slow about them, ahead of the transaction. Twice is once."""
        for command in commands:
            await self._layers[command.layer()].prepare(author, command)

    async def apply(
        self, connection: Connection, author: Author, commands: Sequence[Command]
    ) -> list[Receipt]:
        """Do them in the transaction of `connection`. Raises `MemoryRefused`, and then none is.

        What they lock is locked in one order, whoever comes: by layer, then by name. Those for one
        target stay in the order they were given in.
        """
        order = sorted(
            range(len(commands)), key=lambda n: (commands[n].layer(), commands[n].target, n)
        )
        receipts = {
            n: await self._layers[commands[n].layer()].apply(connection, author, commands[n])
            for n in order
        }
        return [receipts[n] for n in range(len(commands))]

    def tell(
        self, author: Author, commands: Sequence[Command], receipts: Sequence[Receipt]
    ) -> None:
        """Wake whoever waits for these, now that they are committed."""
        if self._hints is None:
            return
        for command, receipt in zip(commands, receipts, strict=True):
            if not receipt.again:
                self._hints.memory(word_of(command.layer(), author.workspace, receipt.target))

    async def write(self, author: Author, *commands: Command) -> list[Receipt]:
        """Do commands in a transaction of their own.

        Raises:
            MemoryRefused: They can't be done; none of them is.
            Unavailable: The database is away, and may or may not have done them: only with a key
                are they safe to send again.
        """
        try:
            await self.prepare(author, commands)
            for attempt in range(TRIES):
                try:
                    async with self._pool.connection() as connection, connection.transaction():
                        receipts = await self.apply(connection, author, commands)
                    self.tell(author, commands, receipts)
                    return receipts
                except (DeadlockDetected, SerializationFailure):
                    if attempt == TRIES - 1:
                        raise
        except Exception as error:
            raise told(error) from error
        raise AssertionError("unreachable")


def told(error: Exception) -> Exception:
    """What to tell of an error: the database away, a value that it refuses, or the error itself."""
    if is_away(error):
        return away(error)
    if isinstance(error, DataError):
        why = str(error).partition("\n")[0]
        return MemoryRefused(f"This can't be kept: {why}.", remedy="Send plain JSON and text.")
    return error
