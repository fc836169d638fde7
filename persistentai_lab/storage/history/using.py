"""Which steps read or wrote a thing, and what steps cost."""

from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...ids import Workspace
from ...memory.history.asks import CostBy, UsesOf
from ...memory.history.model import Cost, Use
from .clauses import where

Connection = AsyncConnection[tuple[Any, ...]]
MICROS = 1_000_000


async def uses(connection: Connection, workspace: Workspace, query: UsesOf) -> list[Use]:
    """Who used it, the newest first."""
    statement = _USES + where(
        (query.version, "t.version = %(version)s"),
        (query.mode, "t.mode = %(mode)s"),
        (query.since, "s.started_at >= %(since)s"),
        (query.until, "s.started_at <= %(until)s"),
    )
    cursor = connection.cursor(row_factory=class_row(Use))
    values = {"workspace": workspace, **query.model_dump()}
    await cursor.execute(f"{statement} ORDER BY s.ended_at DESC, t.run LIMIT %(limit)s", values)
    return await cursor.fetchall()


async def cost(connection: Connection, workspace: Workspace, query: CostBy) -> list[Cost]:
    """What was spent, the most first."""
    within = where(
        (query.flow, "r.flow = %(flow)s"),
        (query.since, "s.ended_at >= %(since)s"),
        (query.until, "s.ended_at <= %(until)s"),
    )
    statement = _COST.replace("/*group*/", _GROUPS[query.by]).replace("/*within*/", within)
    values = {"workspace": workspace, **query.model_dump()}
    rows = await (await connection.execute(statement, values)).fetchall()
    return [
        Cost(
            group=group,
            tokens=tokens,
            money={name: micros / MICROS for name, micros in (money or {}).items()},
            seconds=round(seconds, 6),
            steps=steps,
        )
        for group, tokens, money, seconds, steps in rows
    ]


_USES = """
SELECT t.run, r.flow, t.path, s.node, t.attempt, t.layer, t.target, t.version, t.mode,
       s.ended_at AS at
FROM pai.step_touch t JOIN pai.run r ON r.id = t.run
     LEFT JOIN pai.step s ON (s.run, s.path, s.attempt) = (t.run, t.path, t.attempt)
WHERE t.workspace = %(workspace)s AND t.layer = %(in_layer)s AND t.target = %(target)s"""
_GROUPS: dict[str, LiteralString] = {
    "flow": "r.flow",
    "block": "s.block",
    "node": "r.flow || '/' || s.node",
    "day": "to_char(s.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "owner": "s.owner",
    "run": "s.run",
    # What a node says itself: no step records which model it called.
    "model": """coalesce((
        SELECT node.value -> 'values' ->> 'model'
        FROM pai.flow_version v, LATERAL json_array_elements(v.spec -> 'nodes') AS node
        WHERE node.value ->> 'id' = s.node
          AND (v.workspace, v.flow_hash, v.plan_hash) = (r.workspace, r.flow_hash, r.plan_hash)
        LIMIT 1), '')""",
}
_COST: LiteralString = """
WITH spent AS (
    SELECT /*group*/ AS grouped, coalesce((s.cost ->> 'tokens')::bigint, 0) AS tokens,
           s.cost -> 'micros' AS micros,
           coalesce(extract(epoch FROM s.ended_at - s.started_at), 0)::float8 AS seconds
    FROM pai.step s JOIN pai.run r ON r.id = s.run
    WHERE s.workspace = %(workspace)s AND s.cost IS NOT NULL AND s.reused_from IS NULL/*within*/
),
money AS (
    SELECT grouped, m.key, sum(m.value::bigint)::bigint AS micros
    FROM spent, LATERAL json_each_text(coalesce(spent.micros, '{}')) AS m GROUP BY 1, 2
)
SELECT grouped, sum(tokens)::bigint,
       (SELECT json_object_agg(money.key, money.micros) FROM money
        WHERE money.grouped = spent.grouped),
       sum(seconds)::float8, count(*)::int
FROM spent GROUP BY grouped ORDER BY 2 DESC, 1 LIMIT %(limit)s
"""
