"""Hears what Postgres tells those who listen.

The loop itself watches the connection. psycopg's `notifies()` makes a wait anew for each notice and
looks up ten times a second in case of a Ctrl-C: beside busy runs a quarter of all that a gateway
spent, beside idle ones most of it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple

from psycopg import AsyncConnection, Notify, OperationalError, sql

from .pool import PATIENCE


class Notice(NamedTuple):
    """What was told."""

    channel: str
    payload: str


@asynccontextmanager
async def listening(
    database_url: str, *channels: str, name: str
) -> AsyncIterator[AsyncIterator[Notice]]:
    """Listen: whatever is told once this has been entered is heard, in order, without end.

    Args:
        database_url: A libpq URL.
        channels: On which.
        name: Who listens, as `pg_stat_activity` shows it.

    Raises:
        psycopg.OperationalError: The connection was lost, also later, from the iterator.
    """
    connection = await AsyncConnection.connect(
        database_url,
        autocommit=True,
        application_name=name,
        **PATIENCE,  # type: ignore[arg-type]
    )
    async with connection:
        early: deque[Notice] = deque()

        def heard(notice: Notify) -> None:
            early.append(Notice(notice.channel, notice.payload))

        connection.add_notify_handler(heard)
        for channel in channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        connection.remove_notify_handler(heard)
        async with aclosing(_notices(connection, early)) as notices:
            yield notices


async def _notices(
    connection: AsyncConnection[tuple[Any, ...]], early: deque[Notice]
) -> AsyncGenerator[Notice, None]:
    for notice in early:
        yield notice
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    server, lost = connection.pgconn, list[OperationalError]()
    descriptor = server.socket  # a lost connection has none: the next one may have the same

    def arrived() -> None:
        # Read at once: while who hears is busy, the loop would tell of it again and again.
        try:
            server.consume_input()
        except OperationalError as error:
            lost.append(error)
            loop.remove_reader(descriptor)
        told.set()

    loop.add_reader(descriptor, arrived)
    try:
        while not lost:
            await told.wait()
            told.clear()
            while (found := server.notifies()) is not None:
                yield Notice(found.relname.decode(), found.extra.decode())
        raise lost[0]
    finally:
        if not lost:  # else it may be somebody else's by now
            loop.remove_reader(descriptor)
