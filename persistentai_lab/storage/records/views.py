"""A collection as a table: its documents' fields as columns, found out from what they are."""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection, sql

from ...ids import Workspace

SAMPLE = 1_000
FIELDS_MAX = 200
OWN = ("id", "rev", "body", "created_at", "updated_at")
_AS = {
    frozenset({"number"}): "CASE WHEN jsonb_typeof(body->{0}) = 'number'"
    " THEN (body->>{0})::numeric END",
    frozenset({"string"}): "CASE WHEN jsonb_typeof(body->{0}) = 'string' THEN body->>{0} END",
    frozenset({"boolean"}): "CASE WHEN jsonb_typeof(body->{0}) = 'boolean'"
    " THEN (body->>{0})::boolean END",
}


async def view_of(connection: AsyncConnection[Any], workspace: Workspace, collection: str) -> str:
    """A SELECT from `docs` that shows a collection.

    A field whose values are all numbers, texts or booleans, among the first 1,000 documents, is a
    column of that type, where other values are null; what is mixed or nested is JSON.
    """
    cursor = await connection.execute(_FIELDS, (workspace, collection, SAMPLE, FIELDS_MAX))
    fields: Mapping[str, frozenset[str]] = {
        name: frozenset(kinds) - {"null"} for name, kinds in await cursor.fetchall()
    }
    columns: list[sql.Composable] = [sql.SQL(name) for name in OWN]
    for name, kinds in fields.items():
        if name in OWN or len(name.encode()) > 63:
            continue
        how = sql.SQL(_AS.get(kinds, "body->{0}")).format(sql.Literal(name))
        columns.append(sql.SQL("{} AS {}").format(how, sql.Identifier(name)))
    return (
        sql.SQL("SELECT {} FROM docs WHERE collection = {}")
        .format(sql.SQL(", ").join(columns), sql.Literal(collection))
        .as_string(connection)
    )


_FIELDS = """
SELECT key, array_agg(DISTINCT jsonb_typeof(value)) FROM (
    SELECT body FROM pai.doc WHERE workspace = %s AND collection = %s AND body IS NOT NULL LIMIT %s
) AS sample, jsonb_each(body) GROUP BY key ORDER BY key LIMIT %s
"""
