"""How many runs of a flow, or of the whole workspace, may be under way at once.

Claims look at these rows (`claim.py`); whoever changes one wakes the workers after the commit.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from ...errors import LabError
from ...security.identity import Identity
from .append import execute
from .hinting import note
from .transact import transact

T = TypeVar("T")

MOST = 1_000_000
FLOW_NAME_MAX = 200


class LimitInvalid(LabError):
    """No number of runs."""

    code = "limit_invalid"
    http_status = 422


class LimitNotFound(LabError):
    """There is no such limit."""

    code = "limit_not_found"
    http_status = 404


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and what it means right now."""

    flow: str
    """Name of the flow; empty for the whole workspace."""
    at_once: int
    by: str
    updated_at: datetime
    running: int
    queued: int
    """Runs that wait for their turn, for this reason or another."""


class Limits:
    """The limits of all workspaces; every call names whose."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    async def list(self, by: Identity) -> list[Limit]:
        """The limits of the caller's workspace: its own first, then by flow."""
        rows = await self._do(lambda c: execute(c, _LIST, {"workspace": by.workspace}).fetchall())
        return [Limit(*row) for row in rows]

    async def set(self, at_once: int, by: Identity, *, flow: str = "") -> None:
        """Let no more than so many runs be under way at once; none starts with 0.

        What runs already goes on, even if it is more. Raises `LimitInvalid`.
        """
        if not 0 <= at_once <= MOST:
            raise LimitInvalid(
                f"{at_once} is no number of runs.",
                remedy=f"Say a number from 0 (nothing starts) to {MOST:,}.",
            )
        if len(flow) > FLOW_NAME_MAX:
            raise LimitInvalid(
                "No flow has a name that long.", remedy="`persistentai runs` shows flows' names."
            )
        values = {"workspace": by.workspace, "flow": flow, "at_once": at_once, "by": by.user}
        await self._do(lambda c: _change(c, _SET, values))

    async def remove(self, by: Identity, *, flow: str = "") -> None:
        """Let as many be under way as there is room for. Raises `LimitNotFound`."""
        values = {"workspace": by.workspace, "flow": flow}
        if not await self._do(lambda c: _change(c, _REMOVE, values)):
            of = f"The flow {flow!r}" if flow else "This workspace"
            raise LimitNotFound(f"{of} has no limit.", remedy="`persistentai limits` lists all.")

    async def _do(self, work: Callable[[sa.Connection], T]) -> T:
        return await asyncio.to_thread(transact, self._engine, work)


def _change(connection: sa.Connection, statement: str, values: Mapping[str, object]) -> bool:
    note(connection)  # there may be room now for what waits
    return bool(execute(connection, statement, values).rowcount)


_LIST = """
SELECT c.flow, c.at_once, c.caller, c.updated_at,
       count(r.id) FILTER (WHERE r.status = 'running'),
       count(r.id) FILTER (WHERE r.status = 'queued')
FROM pai.concurrency c
LEFT JOIN pai.run r ON r.workspace = c.workspace AND c.flow IN ('', r.flow)
     AND r.status IN ('queued', 'running')
WHERE c.workspace = %(workspace)s
GROUP BY c.workspace, c.flow ORDER BY c.flow
"""
_SET = """
INSERT INTO pai.concurrency (workspace, flow, at_once, owner, caller)
VALUES (%(workspace)s, %(flow)s, %(at_once)s, %(by)s, %(by)s)
ON CONFLICT (workspace, flow)
DO UPDATE SET at_once = excluded.at_once, caller = excluded.caller, updated_at = now()
"""
_REMOVE = "DELETE FROM pai.concurrency WHERE workspace = %(workspace)s AND flow = %(flow)s"
