"""Collections: which there are, and what their documents have to fit."""

import json
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...errors import MisfitDocument
from ...ids import JsonSchema
from ...memory.author import Author
from ...memory.layer import Answer
from ...memory.records.asks import ListCollections, SetCollection
from ...memory.records.model import Collection
from ...memory.records.schema import check_schema, misfits
from ..pool import Pool

Connection = AsyncConnection[tuple[Any, ...]]
PAGE = 500
TOLD = 20


class Collections:
    """Collections of documents. One begins with its first document, or with its schema."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, author: Author, query: ListCollections) -> Answer:
        """Answer a query."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Collection))
            await cursor.execute(_LIST, (author.workspace,))
            return Answer([each.model_dump(mode="json") for each in await cursor.fetchall()])

    async def set(self, connection: Connection, author: Author, command: SetCollection) -> int:
        """Set a schema, which all documents there fit. Raises `MisfitDocument`."""
        if command.json_schema is not None:
            check_schema(command.json_schema)
        place = (author.workspace, command.collection)
        schema = None if command.json_schema is None else json.dumps(command.json_schema)
        cursor = await connection.execute(_SET, (*place, schema, author.owner, author.caller))
        row = await cursor.fetchone()
        assert row is not None
        if command.json_schema is not None:
            await _check_all(connection, *place, command.json_schema)
        return int(row[0])


async def _check_all(
    connection: Connection, workspace: str, collection: str, schema: JsonSchema
) -> None:
    """Nobody writes to it meanwhile: they would have to wait for the collection's row."""
    problems: list[str] = []
    after = ""
    while len(problems) < TOLD:
        cursor = await connection.execute(_BODIES, (workspace, collection, after, PAGE))
        page = await cursor.fetchall()
        problems += [f"{name}{what}" for name, body in page for what in misfits(body, schema)]
        if len(page) < PAGE:
            break
        after = page[-1][0]
    if problems:
        raise MisfitDocument(
            f"Documents of {collection!r} do not fit this schema: {'; '.join(problems[:TOLD])}.",
            remedy="Correct or delete them first, or ask for less.",
            problems=problems,
        )


_LIST = """
SELECT name, json_schema, updated_at,
       (SELECT count(*) FROM pai.doc d WHERE d.workspace = c.workspace AND d.collection = c.name
                                         AND d.body IS NOT NULL) AS documents
FROM pai.doc_collection c WHERE workspace = %s ORDER BY name
"""
_SET = """
INSERT INTO pai.doc_collection AS kept (workspace, name, json_schema, version, owner, caller)
VALUES (%s, %s, %s, 1, %s, %s)
ON CONFLICT (workspace, name) DO UPDATE SET json_schema = excluded.json_schema,
    version = kept.version + 1, owner = excluded.owner, caller = excluded.caller, updated_at = now()
RETURNING version
"""
_BODIES = """
SELECT id, body FROM pai.doc
WHERE workspace = %s AND collection = %s AND id > %s AND body IS NOT NULL ORDER BY id LIMIT %s
"""
