"""Connections to Postgres, and telling "the database is away" from a mistake of our own."""

import select
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ..errors import Unavailable

Pool = AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]
"""Connections in autocommit: a transaction is where `connection.transaction()` says so."""

_RETRY_S = 0.25

PATIENCE: dict[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""For libpq: a server that went silent (its machine died, packets get lost) is given up after about
ten seconds, where TCP by itself would wait for a quarter of an hour. Unix sockets don't need it."""


def make_pool(
    database_url: str, *, name: str, min_size: int, max_size: int, timeout_s: float = 5.0
) -> Pool:
    """Make a pool of connections, not yet open: entering it (`async with`) opens it.

    Opening it doesn't wait for the database. While that is away the pool tries again four times a
    second for as long as it takes, so it serves again a moment after the database does.

    Args:
        database_url: A libpq URL.
        name: Who is connected, as `pg_stat_activity` shows it.
        min_size: Connections kept open.
        max_size: Connections at most.
        timeout_s: How long to wait for a free connection before `PoolTimeout`.
    """
    return AsyncConnectionPool(
        database_url,
        min_size=min_size,
        max_size=max_size,
        timeout=timeout_s,
        name=name,
        kwargs={"autocommit": True, "application_name": f"persistentai-{name}", **PATIENCE},
        check=_check,
        reconnect_timeout=_RETRY_S,
        reconnect_failed=_again,
        open=False,
    )


async def _again(pool: Pool) -> None:
    """Go on trying: by itself the pool waits twice as long each time, up to minutes."""
    await pool.check()


async def _check(connection: AsyncConnection[Any]) -> None:
    if has_word(connection):
        await AsyncConnectionPool.check_connection(connection)


def has_word(connection: psycopg.Connection[Any] | AsyncConnection[Any]) -> bool:
    """Whether the server sent something to an idle connection, which is mostly goodbye."""
    if connection.closed:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


CAUSES_MAX = 20
"""Of an error that are looked at. One that was raised from itself has causes without end, and
whoever asks may be the loop of a worker."""
_AWAY_CLASSES = ("08", "57P", "58")  # connection, operator intervention, system error
_AWAY_STATES = {
    "25006",  # read-only: a standby that took over the address
    "25P03",  # idle in transaction for too long: cut off
    "53000",
    "53100",  # disk full
    "53200",  # out of memory
    "53300",  # too many connections
}
_NEVER_BY_WAITING = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "permission denied",
)


def is_away(error: BaseException) -> bool:
    """Whether `error` means that the database is away, so that the same call can succeed later.

    Knows psycopg's errors, those of its pool, of sockets, and whatever wraps one of them
    (SQLAlchemy's `DBAPIError`, our own `Unavailable`).
    """
    seen: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if seen is None:
            break
        if _says_away(seen):
            return True
        seen = getattr(seen, "orig", None) or seen.__cause__
    return False


def _says_away(error: BaseException) -> bool:
    if isinstance(error, PoolTimeout | ConnectionError | Unavailable):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate
    if state is not None:
        return state in _AWAY_STATES or state.startswith(_AWAY_CLASSES)
    text = str(error)
    if isinstance(error, psycopg.InterfaceError):
        return "connection" in text and "closed" in text
    is_lost = isinstance(error, psycopg.OperationalError)
    return is_lost and not any(words in text for words in _NEVER_BY_WAITING)


def away(error: BaseException) -> Unavailable:
    """What to tell a caller when `is_away(error)`."""
    return Unavailable(
        f"The database is away: {str(error).strip() or type(error).__name__}",
        remedy="`persistentai status` says more. Nothing that was acknowledged is lost.",
    )
