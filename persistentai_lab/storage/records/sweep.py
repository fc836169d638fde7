"""Takes away what is over: values whose time is up, and the names of commands of long ago."""

from psycopg import AsyncConnection

from ..pool import Pool

PAGE = 500
GRACE_S = 86_400.0
"""A value that is over is not there; its row still is, so that its revision counts on."""


async def sweep(pool: Pool, *, grace_s: float = GRACE_S, page: int = PAGE) -> int:
    """Delete in pages, each a transaction of its own, by the database's clock; how many rows."""
    gone = 0
    for statement in (_VALUES, _NAMES):
        more = True
        while more:
            async with pool.connection() as connection:
                deleted = await _page(connection, statement, grace_s, page)
            gone += deleted
            more = deleted == page
    return gone


async def _page(
    connection: AsyncConnection[tuple[object, ...]], statement: str, grace_s: float, page: int
) -> int:
    cursor = await connection.execute(statement, (grace_s, page))
    return cursor.rowcount


_VALUES = """
DELETE FROM pai.record WHERE (workspace, key) IN (
    SELECT workspace, key FROM pai.record WHERE expires_at < now() - make_interval(secs => %s)
    ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_NAMES = """
DELETE FROM pai.record_once WHERE (workspace, once) IN (
    SELECT workspace, once FROM pai.record_once WHERE at < now() - 7 * make_interval(secs => %s)
    ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
