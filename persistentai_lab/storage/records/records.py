"""Values by key."""

from typing import Any

from psycopg import AsyncConnection

from ...memory.author import Author
from ...memory.layer import Answer, Receipt
from ...memory.records.asks import GetRecord
from ..pool import Pool


class Records:
    """The records layer. What steps put and append goes with their own statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, author: Author, query: GetRecord) -> Answer:
        """Answer a query."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_GET, (author.workspace, query.key))
            row = await cursor.fetchone()
        return Answer(row[0] if row else None)

    async def prepare(self, author: Author, command: Any) -> None:
        """Nothing is slow."""

    async def apply(
        self, connection: AsyncConnection[tuple[Any, ...]], author: Author, command: Any
    ) -> Receipt:
        """No command yet."""
        raise NotImplementedError


_GET = "SELECT value FROM pai.record WHERE workspace = %s AND key = %s"
