"""The Memory Tree as storage keeps it: each layer asked, and changed, through one door."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, SerializationFailure

from ..memory.author import Author
from ..memory.layer import Answer, Command, Layer, Query, Receipt
from .bell import word_of
from .blobs import Blobs
from .feed import Feeds
from .hints import Hints
from .history import History
from .knowledge import Knowledge
from .places import Places
from .plainly import plainly
from .pool import Pool
from .records import Records

Connection = AsyncConnection[tuple[Any, ...]]
TRIES = 5


class MemoryTree:
    """All layers of all workspaces."""

    def __init__(
        self,
        pool: Pool,
        blobs: Blobs,
        hints: Hints | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Made anew in each process; without `hints`, nobody hears at once of what is written."""
        self._pool = pool
        self._hints = hints
        self.feeds = Feeds(pool)
        self.files = Places(pool, blobs, environ)
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
        with plainly():
            return await self._layers[query.layer()].answer(author, query)

    async def prepare(self, author: Author, commands: Sequence[Command]) -> list[Command]:
        """Do what is slow about them, ahead of the transaction. Twice is once.

        Returns them as they are to be applied.
        """
        by_layer: dict[str, list[Command]] = {}
        for command in commands:
            by_layer.setdefault(command.layer(), []).append(command)
        for layer, theirs in by_layer.items():
            await self._layers[layer].prepare(author, theirs)
        return [
            await self.files.ready(author, command, number)
            if command.layer() == "files"
            else command
            for number, command in enumerate(commands)
        ]

    async def apply(
        self, connection: Connection, author: Author, commands: Sequence[Command]
    ) -> list[Receipt]:
        """Do them in the transaction of `connection`. Raises `MemoryRefused`, and then none is.

        What they lock is locked in one order, whoever comes: by layer, then by name. Those for one
        target stay in the order they were given in. What no transaction takes back comes last.
        """

        def place(n: int) -> tuple[bool, str, str, int]:
            command = commands[n]
            return command.tried_as is not None, command.layer(), command.target, n

        order = sorted(range(len(commands)), key=place)
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
        with plainly():
            ready = await self.prepare(author, commands)
            receipts = await self._write(author, ready)
        self.tell(author, commands, receipts)
        return receipts

    async def _write(self, author: Author, commands: Sequence[Command]) -> list[Receipt]:
        for _ in range(TRIES - 1):
            with suppress(DeadlockDetected, SerializationFailure):
                return await self._write_once(author, commands)
        return await self._write_once(author, commands)

    async def _write_once(self, author: Author, commands: Sequence[Command]) -> list[Receipt]:
        async with self._pool.connection() as connection, connection.transaction():
            return await self.apply(connection, author, commands)
