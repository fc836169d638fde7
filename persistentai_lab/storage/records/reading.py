"""Looking into documents and their revisions."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...memory.author import Author
from ...memory.layer import Answer, Query
from ...memory.records.asks import Find, GetDocument, GetRevision, ListRevisions, VerifyDocument
from ...memory.records.model import Document
from ..pool import Pool
from . import history
from .finding import find

Connection = AsyncConnection[tuple[Any, ...]]


class Reading:
    """Answers what is asked of documents."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, author: Author, query: Query) -> Answer:
        """Answer a query."""
        async with self._pool.connection() as connection:
            match query:
                case GetDocument():
                    return Answer(await _document(connection, author, query))
                case Find():
                    found = await find(connection, author.workspace, query)
                    return Answer(found.model_dump(mode="json"))
                case ListRevisions():
                    place = (author.workspace, query.collection, query.id)
                    listed = await history.revisions(connection, *place, query.after, query.limit)
                    return Answer([each.model_dump(mode="json") for each in listed])
                case GetRevision():
                    place = (author.workspace, query.collection, query.id)
                    rev = query.rev
                    if rev is None:
                        assert query.at is not None
                        rev = await history.revision_at(connection, *place, query.at)
                    one = await history.revision(connection, *place, rev)
                    return Answer(one.model_dump(mode="json"))
                case VerifyDocument():
                    place = (author.workspace, query.collection, query.id)
                    return Answer((await history.verify(connection, *place)).model_dump())
        raise AssertionError(query.op)


async def _document(
    connection: Connection, author: Author, query: GetDocument
) -> dict[str, Any] | None:
    cursor = connection.cursor(row_factory=class_row(Document))
    await cursor.execute(_GET, (author.workspace, query.collection, query.id))
    found = await cursor.fetchone()
    return found.model_dump(mode="json") if found else None


_GET = """
SELECT collection, id, rev, body, created_at, updated_at, owner, caller, run, path FROM pai.doc
WHERE workspace = %s AND collection = %s AND id = %s AND body IS NOT NULL
"""
