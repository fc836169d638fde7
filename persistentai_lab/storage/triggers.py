"""Schedules and webhooks as people look at them. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from psycopg.rows import dict_row
from pydantic import BaseModel

from ..ids import Json, RunId, Workspace
from .pool import Pool

M = TypeVar("M", bound=BaseModel)


class _Trigger(BaseModel):
    name: str
    flow: str
    inputs: dict[str, Json]
    is_on: bool
    owner: str
    created_at: datetime
    last_at: datetime | None
    last_run: RunId | None


class ScheduleDetail(_Trigger):
    """A schedule."""

    cron: str | None
    zone: str
    missed: str
    next_at: datetime | None
    fired: int
    """Runs that it has started."""
    skipped: int
    """Firings that were missed and not made up for."""
    error: dict[str, Json] | None
    """Why its last firing started no run."""


class WebhookDetail(_Trigger):
    """A webhook. Its address is told only when it is made."""

    signature: str
    body_input: str | None
    received: int


class TriggerReads:
    """The triggers of all workspaces; every call names the one it is about."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def schedules(
        self, workspace: Workspace, name: str | None = None
    ) -> list[ScheduleDetail]:
        """All schedules, by name, or the one that is named."""
        key = {"workspace": workspace, "name": name}
        return await self._read(ScheduleDetail, _SCHEDULES, key)

    async def webhooks(self, workspace: Workspace, name: str | None = None) -> list[WebhookDetail]:
        """All webhooks, by name, or the one that is named."""
        key = {"workspace": workspace, "name": name}
        return await self._read(WebhookDetail, _WEBHOOKS, key)

    async def _read(self, model: type[M], statement: str, values: Mapping[str, Any]) -> list[M]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(statement, values)
            return [model.model_validate(row) for row in await cursor.fetchall()]


_SCHEDULES = """
SELECT t.*, v.name AS flow
FROM pai.schedule t JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE t.workspace = %(workspace)s AND (%(name)s::text IS NULL OR t.name = %(name)s) ORDER BY t.name
"""
_WEBHOOKS = """
SELECT t.name, t.inputs, t.is_on, t.owner, t.created_at, t.last_at, t.last_run, t.signature,
       t.body_input, t.received, v.name AS flow
FROM pai.webhook t JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE t.workspace = %(workspace)s AND (%(name)s::text IS NULL OR t.name = %(name)s) ORDER BY t.name
"""
