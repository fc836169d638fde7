"""The records layer in Postgres: who asks and commands what is handed on to who keeps it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import AsyncConnection

from ...memory.author import Author
from ...memory.layer import Answer, Query, Receipt, Touch
from ...memory.records import asks
from ..places import Places
from ..pool import Pool
from .collections import Collections
from .documents import Documents
from .keys import Keys
from .reading import Reading
from .sql import Sql

Connection = AsyncConnection[tuple[Any, ...]]


class Records:
    """The records layer. What steps merely put and append goes with their own statement."""

    def __init__(self, pool: Pool, files: Places) -> None:
        self._keys = Keys(pool)
        self._documents = Documents()
        self._collections = Collections(pool)
        self._reading = Reading(pool)
        self._sql = Sql(pool, files)

    async def answer(self, author: Author, query: Query) -> Answer:
        """Answer a query."""
        match query:
            case asks.GetRecord():
                return _touching(query.key, await self._keys.answer(author, query))
            case asks.ListKeys():
                return await self._keys.answer(author, query)
            case asks.RunSql():
                return await self._sql.answer(author, query)
            case asks.GetDocument():
                found = await self._reading.answer(author, query)
                return _touching(f"{query.collection}/{query.id}", found)
            case asks.ListCollections():
                return await self._collections.answer(author, query)
            case _:
                return await self._reading.answer(author, query)

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """Nothing is slow."""

    async def apply(self, connection: Connection, author: Author, command: Any) -> Receipt:
        """Do a command in the transaction of `connection`."""
        if command.once is not None:
            values = (author.workspace, command.once, command.op, command.target)
            if await (await connection.execute(_FIRST, values)).fetchone() is None:
                said = await connection.execute(_BEFORE, (author.workspace, command.once))
                row = await said.fetchone()
                return Receipt(command.target, row[0] if row else None, again=True)
        version = await self._do(connection, author, command)
        if command.once is not None:
            text = json.dumps(version)
            await connection.execute(_CAME, (text, author.workspace, command.once))
        return Receipt(command.target, version)

    async def _do(self, connection: Connection, author: Author, command: Any) -> int | float | None:
        match command:
            case asks.KeyCommand():
                return await self._keys.change(connection, author, command)
            case asks.SetCollection():
                return await self._collections.set(connection, author, command)
            case asks.EraseDocument():
                return await self._documents.erase(connection, author, command)
            case _:
                return await self._documents.revise(connection, author, command)


def _touching(target: str, found: Answer) -> Answer:
    """For history: what was read, in which revision."""
    value = found.value if isinstance(found.value, dict) else {}
    revision = value.get("rev", value.get("revision"))
    return replace(found, touched=(Touch(target, revision),))


_FIRST = """
INSERT INTO pai.record_once (workspace, once, op, target) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING true
"""
_BEFORE = "SELECT version FROM pai.record_once WHERE workspace = %s AND once = %s"
_CAME = "UPDATE pai.record_once SET version = %s WHERE workspace = %s AND once = %s"
