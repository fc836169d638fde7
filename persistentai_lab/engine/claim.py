"""Which legs a worker takes next: by priority inside a workspace, by turns between workspaces.

DBOS's own dequeue knows neither turns nor limits a flow, nor that a worker may lack what a run is
pinned to; it takes three statements through SQLAlchemy (5 CPU-ms a leg) and polls. This is one
statement of ours on its table. What it leaves in a row is what DBOS's would
(`tests/engine/test_dbos_contract.py`), so that everything after it is DBOS's. Its commit need not
reach the disk: whatever a leg records is behind it in the log, so the claim is there if that is.
"""

from typing import Any, TypedDict

from ..ids import Workspace
from ..storage.pool import Pool

PRIORITY = 100
"""Of whoever states none: 1 goes first."""
SEPARATOR = "\x1f"
LIMITS_LOCK = 0x70616904
"""Claims take turns where somebody set a limit: two at once would both find room for the last."""


class Claimed(TypedDict):
    """A leg that is ours now, as far as its row differs from leg to leg."""

    workflow_uuid: str
    serialization: str | None
    recovery_attempts: int
    queue_partition_key: str | None
    priority: int


def partition(workspace: Workspace, flow: str, needs: str = "") -> str:
    """DBOS's `queue_partition_key` of a leg: what turns, limits and abilities go by.

    Args:
        workspace: Whose run it is of.
        flow: Name of its flow.
        needs: Hash of what it needs of a worker (`ability.py`); empty if any will do.
    """
    return SEPARATOR.join((workspace, flow, needs))


async def claim(
    pool: Pool,
    *,
    queue: str,
    version: str,
    application: str,
    executor: str,
    token: str,
    room: int,
    has: str = "",
) -> list[Claimed]:
    """Take up to `room` legs that wait. Whoever is due comes first in the list.

    Those that need what is not in the set `has` (a hash) are left to others.
    """
    values = {
        "queue": queue, "version": version, "application": application, "executor": executor,
        "token": token, "room": room, "separator": SEPARATOR, "has": has,
    }  # fmt: skip
    async with pool.connection() as connection:
        cursor = await connection.execute(_CLAIM, {**values, "in_turn": False}, prepare=True)
        is_limited, rows = _told(await cursor.fetchall())
        if is_limited:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LIMITS_LOCK,))
                cursor = await connection.execute(_CLAIM, {**values, "in_turn": True})
                _, rows = _told(await cursor.fetchall())
    found: list[Any] = [dict(zip(Claimed.__annotations__, row, strict=True)) for row in rows]
    return found


def _told(rows: list[tuple[Any, ...]]) -> tuple[bool, list[tuple[Any, ...]]]:
    """Whether somebody set a limit, and the legs. There is a row without a leg if there is none."""
    return rows[0][0], [row[1:] for row in rows if row[1] is not None]


PARTITIONS = """
WITH RECURSIVE parts AS (
    (SELECT queue_partition_key AS part FROM dbos.workflow_status
     WHERE queue_name = %(queue)s AND status = 'ENQUEUED' AND queue_partition_key IS NOT NULL
     ORDER BY queue_partition_key LIMIT 1)
    UNION ALL
    SELECT (SELECT queue_partition_key FROM dbos.workflow_status
            WHERE queue_name = %(queue)s AND status = 'ENQUEUED' AND queue_partition_key > part
            ORDER BY queue_partition_key LIMIT 1)
    FROM parts WHERE part IS NOT NULL
)
"""
"""The partitions that have legs in a queue, each found in the index by the one before."""
_CLAIM = f"""{PARTITIONS},
limits AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM pai.concurrency) AS is_there,
           set_config('synchronous_commit', 'off', true)
),
named AS (
    SELECT part, split_part(part, %(separator)s, 1) AS workspace,
           split_part(part, %(separator)s, 2) AS flow
    FROM parts, limits WHERE part IS NOT NULL AND (NOT is_there OR %(in_turn)s) AND NOT EXISTS (
        SELECT FROM pai.block_set n WHERE n.hash = split_part(part, %(separator)s, 3)
        AND NOT n.blocks <@ (SELECT blocks FROM pai.block_set WHERE hash = %(has)s))
),
busy AS (
    SELECT split_part(queue_partition_key, %(separator)s, 1) AS workspace,
           split_part(queue_partition_key, %(separator)s, 2) AS flow, count(*) AS legs
    FROM dbos.workflow_status WHERE queue_name = %(queue)s AND status = 'PENDING'
    GROUP BY 1, 2
),
free AS (
    SELECT named.workspace, named.flow, leg.*,
           row_number() OVER (
               PARTITION BY named.workspace, named.flow ORDER BY leg.priority, leg.created_at)
               + coalesce((SELECT legs FROM busy
                           WHERE busy.workspace = named.workspace AND busy.flow = named.flow), 0)
               AS of_flow
    FROM named, LATERAL (
        SELECT workflow_uuid, priority, created_at FROM dbos.workflow_status
        WHERE queue_name = %(queue)s AND status = 'ENQUEUED' AND queue_partition_key = named.part
          AND application_version = %(version)s
        ORDER BY priority, created_at LIMIT %(room)s
    ) AS leg
),
allowed AS (
    SELECT free.*,
           row_number() OVER (PARTITION BY free.workspace ORDER BY priority, created_at)
               + coalesce((SELECT sum(legs) FROM busy WHERE busy.workspace = free.workspace), 0)
               AS turn
    FROM free LEFT JOIN pai.concurrency c
      ON c.workspace = free.workspace AND c.flow = free.flow
    WHERE c.at_once IS NULL OR of_flow <= c.at_once
),
due AS (
    SELECT allowed.workflow_uuid, allowed.turn, allowed.priority, allowed.created_at
    FROM allowed LEFT JOIN pai.concurrency c
      ON c.workspace = allowed.workspace AND c.flow = ''
    WHERE c.at_once IS NULL OR turn <= c.at_once
    ORDER BY allowed.turn, allowed.priority, allowed.created_at LIMIT %(room)s
),
locked AS MATERIALIZED (
    SELECT s.workflow_uuid FROM dbos.workflow_status s
    WHERE s.workflow_uuid IN (SELECT workflow_uuid FROM due) AND s.status = 'ENQUEUED'
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE dbos.workflow_status s
    SET status = 'PENDING', owner_xid = %(token)s, executor_id = %(executor)s,
        application_version = %(version)s, application_name = %(application)s,
        started_at_epoch_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        updated_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        rate_limited = false, recovery_attempts = s.recovery_attempts + 1
    FROM locked WHERE s.workflow_uuid = locked.workflow_uuid
    RETURNING s.workflow_uuid, s.serialization, s.recovery_attempts, s.queue_partition_key,
              s.priority
)
SELECT limits.is_there, taken.*
FROM limits LEFT JOIN (taken JOIN due USING (workflow_uuid)) ON true
ORDER BY due.turn, due.priority, due.created_at
"""
