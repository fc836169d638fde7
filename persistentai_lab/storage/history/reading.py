"""Runs and steps as they were, what steps gave, and what they were given."""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...errors import NotInMemory
from ...ids import Json, Workspace
from ...memory.history import derive
from ...memory.history.asks import InputsOf, Runs, Steps, ValueOf
from ...memory.history.model import Given, PastRun, PastStep
from .clauses import where

Connection = AsyncConnection[tuple[Any, ...]]


async def runs(connection: Connection, workspace: Workspace, query: Runs) -> list[PastRun]:
    """Runs, the newest first."""
    statement = _RUNS + where(
        (query.flow, "r.flow = %(flow)s"),
        (query.status, "r.status = %(status)s"),
        (query.owner, "r.owner = %(owner)s"),
        (query.since, "r.created_at >= %(since)s"),
        (query.until, "r.created_at <= %(until)s"),
    )
    values = {"workspace": workspace, **query.model_dump()}
    cursor = connection.cursor(row_factory=class_row(PastRun))
    await cursor.execute(f"{statement} ORDER BY r.created_at DESC, r.id LIMIT %(limit)s", values)
    return await cursor.fetchall()


async def steps(connection: Connection, workspace: Workspace, query: Steps) -> list[PastStep]:
    """Attempts, the newest first."""
    statement = _STEPS + where(
        (query.run, "s.run = %(run)s"),
        (query.flow, "r.flow = %(flow)s"),
        (query.node, "(s.node = %(node)s OR starts_with(s.node, %(inside)s))"),
        (query.block, "s.block = %(block)s"),
        (query.status, "s.status = %(status)s"),
        (query.effect, "s.effect = %(effect)s"),
        (query.with_cost, "s.cost IS NOT NULL"),
        (query.since, "s.started_at >= %(since)s"),
        (query.until, "s.started_at <= %(until)s"),
    )
    inside = f"{(query.node or '').rstrip('/')}/"
    values = {"workspace": workspace, "inside": inside, **query.model_dump()}
    cursor = connection.cursor(row_factory=class_row(PastStep))
    order = "ORDER BY s.started_at DESC NULLS LAST, s.run, s.path, s.attempt DESC LIMIT %(limit)s"
    await cursor.execute(f"{statement} {order}", values)
    return await cursor.fetchall()


async def value_of(connection: Connection, workspace: Workspace, query: ValueOf) -> Json:
    """What a step gave at a port, as recorded."""
    gave = await _gave(connection, workspace, query.run)
    if query.node not in gave:
        raise _no_step(query.run, query.node)
    if query.port not in gave[query.node]:
        raise NotInMemory(
            f"{query.node!r} of run {query.run!r} gave no {query.port!r}.",
            remedy=f"It gave {', '.join(gave[query.node]) or 'nothing'}.",
        )
    value: Json = gave[query.node][query.port]
    return value


async def inputs_of(connection: Connection, workspace: Workspace, query: InputsOf) -> list[Given]:
    """What a step was given."""
    row = await (await connection.execute(_FLOW, (workspace, query.run))).fetchone()
    place = derive.locate(derive.parse(row[0]), query.node) if row else None
    if row is None or place is None:
        raise _no_step(query.run, query.node)
    _, inputs, refs = row
    flow_inputs = {name: {"json": value} for name, value in inputs.items()} | refs
    gave = await _gave(connection, workspace, query.run)
    rows = await connection.execute(_CHANGED, (workspace, query.run, query.node))
    changed = {port: value for port, value in await rows.fetchall()}
    return derive.inputs_of(place, gave.get, flow_inputs, changed)


async def _gave(
    connection: Connection, workspace: Workspace, run: str
) -> dict[str, Mapping[str, Any]]:
    """What each node of a run gave, by its id; what people put in its place counts."""
    rows = await connection.execute(_OUTPUTS, {"workspace": workspace, "run": run})
    gave = {node: dict(outputs) for node, outputs in await rows.fetchall() if outputs is not None}
    over = await connection.execute(_OVER, (workspace, run))
    for node, port, value in await over.fetchall():
        gave.setdefault(node, {})[port] = value
    return gave  # type: ignore[return-value]


def _no_step(run: str, node: str) -> NotInMemory:
    return NotInMemory(
        f"Run {run!r} has no step {node!r} with a result.",
        remedy="`history.steps` lists the steps of a run.",
    )


_RUNS = """
SELECT r.id AS run, r.flow, r.flow_hash, r.status, r.owner, r.caller, r.created_at, r.started_at,
       r.ended_at, r.forked_from, r.replays, r.is_sealed
FROM pai.run r WHERE r.workspace = %(workspace)s"""
_STEPS = """
SELECT s.run, r.flow, s.path, s.node, s.block, s.version, s.effect, s.attempt, s.status, s.worker,
       s.owner, s.caller, s.started_at, s.ended_at, s.outputs, s.error, s.cost, s.reused_from
FROM pai.step s JOIN pai.run r ON r.id = s.run
WHERE s.workspace = %(workspace)s"""
_OUTPUTS = """
SELECT node, outputs FROM pai.step
WHERE workspace = %(workspace)s AND run = %(run)s AND status = 'completed'
"""
_FLOW = """
SELECT v.spec::text, r.inputs, r.refs
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE r.workspace = %s AND r.id = %s
"""
_CHANGED = """
SELECT port, value FROM pai.override
WHERE workspace = %s AND run = %s AND node = %s AND side = 'input' ORDER BY n
"""
_OVER = """
SELECT node, port, value FROM pai.override
WHERE workspace = %s AND run = %s AND side = 'output' ORDER BY n
"""
