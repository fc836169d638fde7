"""A circuit breaker: while what a node calls keeps failing, nobody calls it.

Closed, it costs one look. After so many failures in a window it opens; when it has been open for a
while one attempt is let through to try. What a crash forgets is one failure, or one try, which
another makes when as much time has passed again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...errors import CircuitOpen
from ...events import model as events
from ...flow.model import Breaker
from ...ids import Workspace
from ...storage.pool import Pool


@dataclass(slots=True)
class Circuit:
    """One key of a workspace."""

    pool: Pool
    workspace: Workspace
    key: str
    breaker: Breaker
    tell: Callable[[events.CircuitTurned], None]
    """Tells of it at the node that makes it turn."""
    _tries: bool = False
    """Whether this attempt was let through to try."""

    async def insist(self) -> None:
        """Return if it may be called. Raises `CircuitOpen`."""
        self._tries = False
        state = await self._row(_STATE)
        if state is None:
            return
        failures, wait_s = state
        if wait_s <= 0 and await self._row(_TRY) is not None:
            self._tries = True
            self.tell(events.CircuitTurned(key=self.key, state="half_open"))
            return
        raise CircuitOpen(
            f"“{self.key}” has failed {failures} times, so it is not called for a while.",
            remedy=f"It is tried again in {max(wait_s, 0):.0f} s. Give the node a retry policy "
            "whose back-off is as long, or see why it fails.",
            retryable=True,
        )

    async def failed(self) -> None:
        """The body has failed."""
        turned = await self._row(_FAILED)
        assert turned is not None  # it is written in any case
        until: datetime | None = turned[1]
        if until is not None:
            fact = events.CircuitTurned(
                key=self.key, state="open", failures=int(turned[0]), until=until
            )
            self.tell(fact)

    async def succeeded(self) -> None:
        """It works again, if somebody had to try."""
        if self._tries and await self._row(_CLOSE) is not None:
            self.tell(events.CircuitTurned(key=self.key, state="closed"))

    async def _row(self, statement: str) -> tuple[Any, ...] | None:
        breaker = self.breaker
        values = {
            "workspace": self.workspace, "key": self.key, "most": breaker.failures,
            "within_s": breaker.within_s, "open_s": breaker.open_s,
        }  # fmt: skip
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement, values, prepare=True)
            return await cursor.fetchone()


_STATE = """
SELECT cardinality(failures), extract(epoch FROM
           greatest(opened_at, tried_at) + make_interval(secs => %(open_s)s)
           - clock_timestamp())::float
FROM pai.breaker WHERE workspace = %(workspace)s AND key = %(key)s AND opened_at IS NOT NULL
"""
_TRY = """
UPDATE pai.breaker SET tried_at = clock_timestamp()
WHERE workspace = %(workspace)s AND key = %(key)s AND opened_at IS NOT NULL
  AND greatest(opened_at, tried_at) + make_interval(secs => %(open_s)s) <= clock_timestamp()
RETURNING 1
"""
_FAILED = """
INSERT INTO pai.breaker AS b (workspace, key, failures, opened_at)
VALUES (%(workspace)s, %(key)s, ARRAY[clock_timestamp()],
        CASE WHEN %(most)s = 1 THEN clock_timestamp() END)
ON CONFLICT (workspace, key) DO UPDATE SET
    failures = ARRAY(
        SELECT f FROM unnest(b.failures || clock_timestamp()) AS f
        WHERE f > clock_timestamp() - make_interval(secs => %(within_s)s)
        ORDER BY f DESC LIMIT %(most)s),
    opened_at = CASE
        WHEN b.tried_at IS NOT NULL THEN clock_timestamp()
        WHEN b.opened_at IS NOT NULL THEN b.opened_at
        WHEN (SELECT count(*) FROM unnest(b.failures) AS f
              WHERE f > clock_timestamp() - make_interval(secs => %(within_s)s)) + 1 >= %(most)s
        THEN clock_timestamp() END,
    tried_at = NULL
RETURNING cardinality(failures),
    CASE WHEN opened_at >= statement_timestamp()
    THEN opened_at + make_interval(secs => %(open_s)s) END
"""
"""The time until which it stays open is told only by the failure that opened it."""
_CLOSE = """
DELETE FROM pai.breaker WHERE workspace = %(workspace)s AND key = %(key)s RETURNING 1
"""
