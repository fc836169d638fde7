"""Runs whose legs nobody can take: no living worker has the block versions they are pinned to.

They stay in the queue and say so, once for each leg; a worker that has what they need takes them.
"""

import sqlalchemy as sa

from ...events import model as events
from ..claim import PARTITIONS, SEPARATOR
from ..legs import QUEUE
from .append import append, execute

AT_ONCE = 100


def tell_needs(connection: sa.Connection) -> None:
    """Append the event that tells of it, to each run of which it has not been told.

    While we hold the status row nobody can take the leg, so it is told of none that is under way.
    """
    values = {"queue": QUEUE, "separator": SEPARATOR, "at_once": AT_ONCE}
    for run, leg, lacking in execute(connection, _LACKING, values).fetchall():
        if execute(connection, _TELL, {"run": run, "leg": leg}).rowcount:
            append(connection, run, [events.RunStranded(needs=tuple(lacking))])


_LACKING = (
    PARTITIONS
    + """,
stranded AS (
    SELECT part, best.lacking
    FROM parts JOIN pai.block_set n ON n.hash = split_part(part, %(separator)s, 3),
    LATERAL pai.lacking(n.hash) AS best(lacking)
    WHERE part IS NOT NULL AND cardinality(best.lacking) > 0
)
SELECT r.id, r.leg, stranded.lacking
FROM stranded JOIN dbos.workflow_status s ON s.queue_partition_key = stranded.part
JOIN pai.run r ON r.id = split_part(s.workflow_uuid, '/leg/', 1)
WHERE s.queue_name = %(queue)s AND s.status = 'ENQUEUED'
  AND s.workflow_uuid = r.id || '/leg/' || r.leg AND r.needs_told IS DISTINCT FROM r.leg
LIMIT %(at_once)s FOR UPDATE OF s SKIP LOCKED
"""
)
_TELL = """
UPDATE pai.run SET needs_told = leg
WHERE id = %(run)s AND leg = %(leg)s AND needs_told IS DISTINCT FROM leg
  AND status IN ('queued', 'running')
"""
