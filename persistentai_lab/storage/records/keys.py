"""Values by key: one row each, changed under its lock. What is over is not there.

The database's clock says what is over. A row that is over, or was deleted, stays until it is swept,
so that its revision counts on: nobody takes a new value for the one they had read.
"""

import json
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...memory.author import Author
from ...memory.layer import Answer
from ...memory.records.asks import GetRecord, KeyCommand, ListKeys
from ...memory.records.change import Cell, changed
from ...memory.records.model import KeyInfo, Record
from ..pool import Pool

Connection = AsyncConnection[tuple[Any, ...]]


class Keys:
    """Values by key."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, author: Author, query: GetRecord | ListKeys) -> Answer:
        """Answer a query."""
        async with self._pool.connection() as connection:
            match query:
                case GetRecord():
                    found = connection.cursor(row_factory=class_row(Record))
                    await found.execute(_GET, (author.workspace, query.key))
                    record = await found.fetchone()
                    return Answer(record.model_dump(mode="json") if record else None)
                case ListKeys():
                    keys = connection.cursor(row_factory=class_row(KeyInfo))
                    values = (author.workspace, query.prefix, query.after, query.limit)
                    await keys.execute(_LIST, values)
                    return Answer([key.model_dump(mode="json") for key in await keys.fetchall()])

    async def change(
        self, connection: Connection, author: Author, command: KeyCommand
    ) -> int | float | None:
        """Do what a command says; the version that its receipt tells."""
        place = (author.workspace, command.key)
        row = await (await connection.execute(_LOCK, place)).fetchone()
        if row is None:
            await connection.execute(_BEGIN, (*place, author.owner, author.caller))
            row = await (await connection.execute(_LOCK, place)).fetchone()
        assert row is not None
        cell, version = changed(Cell(*row), command)
        if version is not None:
            values = {
                "workspace": author.workspace, "key": command.key, "revision": cell.revision,
                "value": json.dumps(cell.value), "is_there": cell.is_there, "ttl": cell.ttl,
                "keeps_time": cell.keeps_time, "run": author.run, "path": author.path,
                "owner": author.owner, "caller": author.caller,
            }  # fmt: skip
            await connection.execute(_SET, values)
        elif row[0] == 0:
            await connection.execute(_FORGET, place)
        return version  # type: ignore[return-value]


_IS_THERE = "(expires_at IS NULL OR expires_at > now())"
_INFO = "key, revision, expires_at, updated_at, owner, caller, run, path"
_GET = f"SELECT {_INFO}, value FROM pai.record WHERE workspace = %s AND key = %s AND {_IS_THERE}"
_LIST = f"""
SELECT {_INFO} FROM pai.record
WHERE workspace = %s AND starts_with(key, %s) AND key > %s AND {_IS_THERE} ORDER BY key LIMIT %s
"""
_LOCK = f"""
SELECT revision, {_IS_THERE}, CASE WHEN {_IS_THERE} THEN value END
FROM pai.record WHERE workspace = %s AND key = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.record (workspace, key, value, revision, expires_at, owner, caller)
VALUES (%s, %s, 'null', 0, '-infinity', %s, %s) ON CONFLICT DO NOTHING
"""
_SET = """
UPDATE pai.record SET
    value = CASE WHEN %(is_there)s THEN %(value)s::jsonb ELSE 'null' END,
    revision = %(revision)s,
    expires_at = CASE WHEN NOT %(is_there)s THEN now() WHEN %(keeps_time)s THEN expires_at
                      ELSE now() + %(ttl)s::float8 * interval '1 second' END,
    run = %(run)s, path = %(path)s, owner = %(owner)s, caller = %(caller)s, updated_at = now()
WHERE workspace = %(workspace)s AND key = %(key)s
"""
_FORGET = "DELETE FROM pai.record WHERE workspace = %s AND key = %s"
