"""How a run that lies still goes on: its next leg, queued in the transaction that lets it go on."""

import sqlalchemy as sa

from ...events import model as events
from ..claim import partition
from ..legs import LegQueue
from .append import append, execute


def next_leg(
    queue: LegQueue,
    connection: sa.Connection,
    run: str,
    leg: int,
    *,
    by: str | None = None,
    wish: str | None = None,
) -> None:
    """Queue the leg after `leg`. The caller holds the run's lock.

    Args:
        queue: Where it goes.
        connection: The transaction.
        run: Which run.
        leg: Its last leg.
        by: Who let a paused run go on.
        wish: What the leg is to do, if not to go on as far as it can.
    """
    values = {"run": run, "leg": leg + 1, "wish": wish, "by": by if wish else None}
    workspace, flow, needs, priority = execute(connection, _NEXT, values).one()
    append(connection, run, [events.RunQueued(leg=leg + 1, by=by)])
    part = partition(workspace, flow, needs)
    queue.enqueue(connection, run, leg + 1, part=part, priority=priority)


_NEXT = """
UPDATE pai.run SET status = 'queued', leg = %(leg)s, wish = coalesce(%(wish)s, wish),
       wished_by = coalesce(%(by)s, wished_by)
WHERE id = %(run)s RETURNING workspace, flow, needs, priority
"""
