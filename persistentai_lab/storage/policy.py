"""How long a workspace keeps the values of runs that have ended."""

from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from ..ids import Workspace
from .pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A run's values go when it is older than its days and not among the last of its flow."""

    keep_days: int | None = 90
    """Since it ended; None keeps them for ever."""
    keep_failed_days: int | None = 180
    """The same for runs that failed: somebody may want to know why."""
    keep_last: int = 20
    """So many runs of each flow are kept, however old they are."""


class Policies:
    """The policies of all workspaces."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, workspace: Workspace) -> Policy:
        """What a workspace has chosen, or the default."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Policy)) as cursor,
        ):
            await cursor.execute(_READ, (workspace,))
            return await cursor.fetchone() or Policy()

    async def set(self, workspace: Workspace, policy: Policy, by: str) -> None:
        """Choose."""
        row = {"workspace": workspace, "by": by, **asdict(policy)}
        async with self._pool.connection() as connection:
            await connection.execute(_SET, row)

    async def workspaces(self) -> list[Workspace]:
        """All that have runs whose values are kept."""
        async with self._pool.connection() as connection:
            return [row[0] for row in await (await connection.execute(_WORKSPACES)).fetchall()]


_READ = """
SELECT keep_days, keep_failed_days, keep_last FROM pai.retention WHERE workspace = %s
"""
_SET = """
INSERT INTO pai.retention (workspace, keep_days, keep_failed_days, keep_last, owner, caller)
VALUES (%(workspace)s, %(keep_days)s, %(keep_failed_days)s, %(keep_last)s, %(by)s, %(by)s)
ON CONFLICT (workspace) DO UPDATE SET keep_days = excluded.keep_days,
    keep_failed_days = excluded.keep_failed_days, keep_last = excluded.keep_last,
    caller = excluded.caller, updated_at = now()
"""
_WORKSPACES = """
WITH RECURSIVE found AS (
    (SELECT workspace FROM pai.run WHERE ended_at IS NOT NULL AND expired_at IS NULL
     ORDER BY workspace LIMIT 1)
    UNION ALL
    SELECT (SELECT workspace FROM pai.run
            WHERE ended_at IS NOT NULL AND expired_at IS NULL AND workspace > found.workspace
            ORDER BY workspace LIMIT 1)
    FROM found WHERE found.workspace IS NOT NULL
)
SELECT workspace FROM found WHERE workspace IS NOT NULL
"""
