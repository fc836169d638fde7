"""Turns: so many starts in any period, over all runs and workers of a workspace.

The n-th start may be a period after the one `times` before it, and not before now. A turn belongs
to an attempt: whoever asks again, after a crash or a wait of hours, is told the same one.
"""

from dataclasses import dataclass
from datetime import datetime

from ...flow.model import Rate
from ...ids import Workspace
from ...storage.pool import Pool
from ..bodies.context import Errand


@dataclass(frozen=True, slots=True)
class Turn:
    """When an attempt may start."""

    at: datetime
    wait_s: float
    """From now, by the clock of the database."""


async def take_turn(
    pool: Pool, workspace: Workspace, key: str, rate: Rate, errand: Errand, who: tuple[str, str]
) -> Turn:
    """The turn of an attempt; it is given one if it has none."""
    values = {
        "workspace": workspace, "key": key, "run": errand.run, "path": errand.path,
        "attempt": errand.attempt, "times": rate.times, "per_s": rate.per_s,
        "owner": who[0], "caller": who[1],
    }  # fmt: skip
    async with pool.connection() as connection:
        row = await (await connection.execute(_MINE, values, prepare=True)).fetchone()
        if row is None:
            async with connection.transaction():
                await connection.execute(_HOLD, values, prepare=True)
                await connection.execute(_FORGET, values, prepare=True)
                cursor = await connection.execute(_GIVE, values, prepare=True)
                row = await cursor.fetchone()
    assert row is not None
    return Turn(row[0], max(0.0, float(row[1])))


_MINE = """
SELECT at, extract(epoch FROM at - clock_timestamp()) FROM pai.turn
WHERE workspace = %(workspace)s AND key = %(key)s AND run = %(run)s AND path = %(path)s
  AND attempt = %(attempt)s
"""
_HOLD = """
INSERT INTO pai.rate AS r (workspace, key, n) VALUES (%(workspace)s, %(key)s, 1)
ON CONFLICT (workspace, key) DO UPDATE SET n = r.n + 1
"""
_GIVE = """
INSERT INTO pai.turn (workspace, key, n, at, run, path, attempt, owner, caller)
SELECT r.workspace, r.key, r.n,
       greatest(
           clock_timestamp(),
           (SELECT t.at FROM pai.turn t WHERE t.workspace = r.workspace AND t.key = r.key
            ORDER BY t.n DESC LIMIT 1),
           (SELECT t.at + make_interval(secs => %(per_s)s) FROM pai.turn t
            WHERE t.workspace = r.workspace AND t.key = r.key
            ORDER BY t.n DESC OFFSET %(times)s - 1 LIMIT 1)
       ),
       %(run)s, %(path)s, %(attempt)s, %(owner)s, %(caller)s
FROM pai.rate r WHERE r.workspace = %(workspace)s AND r.key = %(key)s
ON CONFLICT (workspace, key, run, path, attempt) DO UPDATE SET at = pai.turn.at
RETURNING at, extract(epoch FROM at - clock_timestamp())
"""
_FORGET = """
DELETE FROM pai.turn t WHERE t.workspace = %(workspace)s AND t.key = %(key)s
  AND (t.at < clock_timestamp() - make_interval(secs => %(per_s)s)
       AND t.n <= (SELECT r.n FROM pai.rate r
                   WHERE r.workspace = t.workspace AND r.key = t.key) - %(times)s
       OR t.at > clock_timestamp() AND EXISTS (
           SELECT FROM pai.run r WHERE r.id = t.run
           AND r.status IN ('completed', 'failed', 'cancelled')))
"""
"""Turns that nobody will ask for, and that no other has to wait for: long past, or of runs that
ended before their turn came."""
