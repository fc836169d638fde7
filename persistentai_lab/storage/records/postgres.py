"""A query of an agent in Postgres: a role that may read one view, a transaction that only reads.

`DECLARE CURSOR` takes nothing but a query, the extended protocol takes one statement only; rows are
fetched until there are enough. The connection is made for it and closed after it: what it may have
set or locked goes with it.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import Loader
from psycopg.errors import QueryCanceled

from ...errors import SqlRefused
from ..pool import is_away

TIME_S = 15.0
ROWS_MAX = 100_000
SIZE_MAX = 64 * 1024 * 1024
"""Characters of a result."""
PAGE = 1_000
AT_ONCE = 4
"""Of all workspaces, in one process."""
SETTINGS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{int(TIME_S * 1000)}",
        "idle_in_transaction_session_timeout": "30000",
        "lock_timeout": "1000",
        "work_mem": "16MB",
        "hash_mem_multiplier": "1",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        "search_path": "pai_sql",
        "timezone": "UTC",
        "row_security": "on",
    }.items()
)


class Text(Loader):
    """What Arrow has no type for is its text."""

    def load(self, data: Any) -> str:
        """As Postgres writes it."""
        return bytes(data).decode()


@dataclass(slots=True)
class Rows:
    """What came of a query."""

    names: list[str]
    types: list[int]
    """Postgres's numbers of the columns' types."""
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    is_cut: bool = False
    """There was more."""


AS_TEXT = ("json", "jsonb", "numeric", "uuid", "interval", "date", "timestamp", "timestamptz",
            "time", "timetz", "inet", "bytea", "xml")  # fmt: skip
_gates: dict[int, asyncio.Semaphore] = {}


async def run(conninfo: str, query: str, *, limit: int, time_s: float = TIME_S) -> Rows:
    """Run a query, whatever it says. Raises `SqlRefused`."""
    gate = _gates.setdefault(id(asyncio.get_running_loop()), asyncio.Semaphore(AT_ONCE))
    async with gate:
        try:
            async with asyncio.timeout(time_s + 5):
                connection = await AsyncConnection.connect(conninfo, autocommit=True)
                try:
                    return await fetch(connection, query, limit=limit)
                except (TimeoutError, asyncio.CancelledError):
                    await connection.cancel_safe(timeout=2)
                    raise
                finally:
                    await connection.close()
        except (QueryCanceled, TimeoutError):
            raise SqlRefused(
                f"The query ran longer than {time_s:g} s.",
                remedy="Ask for less: is a condition of a join missing?",
            ) from None
        except psycopg.Error as error:
            if is_away(error):
                raise
            raise SqlRefused(_said(error), remedy=_remedy(error)) from None


async def fetch(connection: AsyncConnection[Any], query: str, *, limit: int) -> Rows:
    """Run it on a connection, and leave nothing behind."""
    for name in AS_TEXT:
        connection.adapters.register_loader(name, Text)
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        await connection.execute(f"DECLARE found NO SCROLL CURSOR FOR {query}", prepare=True)
        return await _fetched(connection, limit)
    finally:
        if not connection.closed:
            await connection.execute("ROLLBACK")


async def _fetched(connection: AsyncConnection[Any], limit: int) -> Rows:
    found: Rows | None = None
    size = 0
    while True:
        cursor = await connection.execute(f"FETCH FORWARD {PAGE} FROM found")
        page = await cursor.fetchall()
        if found is None:
            columns = cursor.description or []
            found = Rows([column.name for column in columns], [c.type_code for c in columns])
        size += sum(len(value) for row in page for value in row if isinstance(value, str | list))
        found.rows += page
        if len(found.rows) > limit or size > SIZE_MAX:
            found.rows = found.rows[:limit]
            found.is_cut = True
            return found
        if len(page) < PAGE:
            return found


def _said(error: psycopg.Error) -> str:
    message = error.diag.message_primary or str(error).partition("\n")[0]
    return f"Postgres refuses the query: {message}."


def _remedy(error: psycopg.Error) -> str:
    hint = error.diag.message_hint
    return hint or "Correct it; a field of a document is `body->>'name'`, or a column of its view."
