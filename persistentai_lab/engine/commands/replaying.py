"""How a replay comes to be, in one transaction: a run of its own, which takes records over."""

import sqlalchemy as sa

from ...events import model as events
from ...ids import RunId
from ...security.identity import Identity
from ..claim import partition
from ..legs import LegQueue
from ..scope import recorded
from .append import append, execute
from .pinned import run_id
from .reuse import read_past
from .starting import KeyReused, Started
from .uses import note_uses


def insert_replay(
    queue: LegQueue, connection: sa.Connection, source: RunId, by: Identity, key: str | None
) -> Started:
    """Queue a run that computes another one again, pinned to what that one is pinned to.

    Nothing is written to the other run. What touched the world is taken over as it is recorded.
    """
    past = read_past(connection, source, by.workspace)
    run = run_id(by, key)
    wish = {"run": run, "source": source, "by": by.user}
    if not execute(connection, _REPLAY, wish).rowcount:
        status, replays = execute(connection, _SAME, wish).one()
        if replays != source:
            raise KeyReused(run)
        return Started(run, status)
    version = past.version
    created = events.RunCreated(
        flow=version.spec.name,
        flow_hash=past.flow_hash,
        steps=len(version.spec.nodes),
        replays=source,
    )
    compiled = events.PlanCompiled(plan_hash=version.plan.hash, paths=dict(version.plan.paths))
    append(connection, run, [created, compiled])
    taken = execute(connection, _TAKE_OVER, wish).all()
    note_uses(connection, run)
    facts: list[events.Event] = [
        events.NodeReused(
            source=source,
            block=block,
            outputs={name: value.info for name, value in recorded(outputs).items()},
        )
        for _, _, block, outputs in taken
    ]
    if facts:
        paths, nodes = [row[0] for row in taken], [row[1] for row in taken]
        append(connection, run, facts, paths=paths, nodes=nodes)
    append(connection, run, [events.RunQueued(leg=1)])
    queue.enqueue(connection, run, 1, part=partition(by.workspace, version.spec.name))
    return Started(run, "queued")


_REPLAY = """
INSERT INTO pai.run
    (workspace, id, flow, flow_hash, plan_hash, code, status, inputs, refs, steps, replays,
     owner, caller)
SELECT workspace, %(run)s, flow, flow_hash, plan_hash, code, 'queued', inputs, refs, steps, id,
       %(by)s, %(by)s
FROM pai.run WHERE id = %(source)s
ON CONFLICT DO NOTHING
"""
_SAME = """
SELECT status, replays FROM pai.run WHERE id = %(run)s
"""
_TAKE_OVER = """
INSERT INTO pai.step
    (workspace, run, path, attempt, node, block, version, effect, status, leg, worker, outputs,
     owner, caller, started_at, ended_at, reused_from)
SELECT s.workspace, %(run)s, s.path, 1, s.node, s.block, s.version, s.effect, s.status, 0, s.worker,
       s.outputs, %(by)s, %(by)s, s.started_at, s.ended_at, coalesce(s.reused_from, s.run)
FROM pai.step s
WHERE s.run = %(source)s AND s.status = 'completed' AND s.effect <> 'pure'
RETURNING path, node, block, outputs
"""
