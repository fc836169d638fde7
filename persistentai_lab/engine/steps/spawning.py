"""A run starts another: in the transaction that records its step, so it is started just once."""

import asyncio
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...events import model as events
from ..clock import now
from ..commands.append import append, execute
from ..commands.hinting import note
from ..commands.pinned import Asked
from ..commands.starting import insert_run
from ..commands.transact import transact
from ..legs import FENCE, LegQueue
from ..patience import insist
from ..records.batch import StepRow
from ..records.commit import Fenced, Who


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that a step starts, and what is recorded of the step."""

    child: Asked
    who: Who
    """The leg that the step is of."""
    row: StepRow
    """Its record, completed."""
    facts: list["events.Event"]


class Spawner:
    """Starts runs for the legs of a worker."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._queue = LegQueue()

    async def spawn(self, wish: Wish) -> None:
        """Start the run and record the step. Raises `Fenced` when the leg is lost."""
        what = f"run {wish.who.run}: starting {wish.child.run}"
        await insist(
            lambda: asyncio.to_thread(transact, self._engine, lambda c: self._spawn(c, wish)), what
        )

    def _spawn(self, connection: sa.Connection, wish: Wish) -> None:
        """Locks in the order of all: the leg's row, the runs."""
        fence = {"leg_id": wish.who.leg_id, "owner_xid": wish.who.owner_xid}
        if execute(connection, FENCE, fence).one_or_none() is None:
            raise Fenced(f"run {wish.who.run}: this leg is no longer ours")
        row = _values(wish)
        if execute(connection, _IS_RECORDED, row).one_or_none() is not None:
            return  # the connection broke after an earlier try had been committed
        insert_run(self._queue, connection, wish.child)
        execute(connection, _STEP, row)
        nodes = [wish.row.node] * len(wish.facts)
        paths = [wish.row.path] * len(wish.facts)
        append(
            connection, wish.who.run, wish.facts, paths=paths, nodes=nodes, attempt=wish.row.attempt
        )
        note(connection)


def _values(wish: Wish) -> dict[str, Any]:
    row = wish.row
    return {
        "run": wish.who.run,
        "worker": wish.who.worker,
        "path": row.path,
        "attempt": row.attempt,
        "node": row.node,
        "block": row.block,
        "version": row.version,
        "effect": row.effect,
        "outputs": row.outputs,
        "inside": row.inside,
        "started_at": row.started_at,
        "ended_at": row.ended_at or now(),
    }


_IS_RECORDED = """
SELECT 1 FROM pai.step WHERE run = %(run)s AND path = %(path)s AND status = 'completed'
"""
_STEP = """
INSERT INTO pai.step
    (workspace, run, path, attempt, node, block, version, effect, status,
     leg, worker, outputs, owner, caller, started_at, ended_at, inside)
SELECT r.workspace, r.id, %(path)s, %(attempt)s, %(node)s, %(block)s, %(version)s, %(effect)s,
       'completed', r.leg, %(worker)s, %(outputs)s::json, r.owner, r.caller,
       %(started_at)s::timestamptz, %(ended_at)s::timestamptz, %(inside)s
FROM pai.run r WHERE r.id = %(run)s
ON CONFLICT (run, path, attempt) DO UPDATE SET
    status = excluded.status, outputs = excluded.outputs, ended_at = excluded.ended_at,
    leg = excluded.leg, worker = excluded.worker
"""
