"""Statements of commands: plain SQL on DBOS's connection, and events appended in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ...events import model as events
from ...storage.hints import EVENTS
from ..clock import now
from .hinting import note

_APPEND = """
WITH head AS (
    UPDATE pai.run SET seq = seq + %(count)s WHERE id = %(run)s
    RETURNING workspace, seq, owner, caller
),
told AS (
INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
SELECT head.workspace, %(run)s, head.seq - %(count)s + e.n, %(at)s, e.path, e.node, %(attempt)s,
       head.owner, head.caller, e.body::json
FROM head, unnest(%(bodies)s::text[], %(paths)s::text[], %(nodes)s::text[])
     WITH ORDINALITY AS e(body, path, node, n)
)
SELECT seq FROM head
"""


def execute(connection: sa.Connection, statement: str, values: Mapping[str, Any]) -> Any:
    """Run a statement with named values."""
    return connection.exec_driver_sql(statement, dict(values))


def append(
    connection: sa.Connection,
    run: str,
    facts: list["events.Event"],
    *,
    paths: Sequence[str] = (),
    nodes: Sequence[str] = (),
    attempt: int | None = None,
) -> None:
    """Append events; those of nodes with path and node of each."""
    nothing = [None] * len(facts)
    row = execute(
        connection,
        _APPEND,
        {
            "run": run,
            "count": len(facts),
            "at": now(),
            "paths": list(paths) or nothing,
            "nodes": list(nodes) or nothing,
            "attempt": attempt,
            "bodies": [fact.model_dump_json() for fact in facts],
        },
    ).one()
    note(connection, EVENTS, run, f":{row[0]}")
