"""Schedules and webhooks as people look at them. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from psycopg.rows import dict_row
from pydantic import BaseModel

from ..ids import Json, RunId, Workspace
from .pool import Pool

RECENT = 10
VERSIONS_LOOK = 2000
"""Runs of a workspace that are looked through for versions."""

M = TypeVar("M", bound=BaseModel)


class TriggeredRun(BaseModel):
    """A run that a trigger has started."""

    run_id: RunId
    status: str
    created_at: datetime


class Delivery(BaseModel):
    """Something that was sent to a webhook."""

    at: datetime
    named: str | None
    """What its sender calls it."""
    status: int
    """Of HTTP: 202 a run was started, 200 it came before; else it was refused."""
    run: RunId | None
    error: dict[str, Json] | None


class Version(BaseModel):
    """A flow as it ran, to be picked for a trigger."""

    flow: str
    flow_hash: str
    run_id: RunId
    """The newest run of this very version and code."""
    created_at: datetime
    """When that was started."""
    runs: int
    """Of this version, among the last ones of the workspace."""


class _Trigger(BaseModel):
    name: str
    flow: str
    inputs: dict[str, Json]
    is_on: bool
    owner: str
    created_at: datetime
    last_at: datetime | None
    last_run: RunId | None
    recent: list[TriggeredRun]
    """The last runs that it has started, newest first."""


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
    takes: dict[str, Json]
    """Inputs that what is sent goes to, with their types."""
    received: int
    last_delivery: Delivery | None


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

    async def deliveries(self, workspace: Workspace, webhook: str) -> list[Delivery]:
        """What was sent to a webhook last, newest first."""
        return await self._read(Delivery, _DELIVERIES, {"workspace": workspace, "name": webhook})

    async def versions(self, workspace: Workspace) -> list[Version]:
        """What has run lately and may run again by itself, what ran last foremost."""
        key = {"workspace": workspace, "look": VERSIONS_LOOK}
        return await self._read(Version, _VERSIONS, key)

    async def _read(self, model: type[M], statement: str, values: Mapping[str, Any]) -> list[M]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(statement, values)
            return [model.model_validate(row) for row in await cursor.fetchall()]


def _recent(kind: str) -> str:
    return f"""(
    SELECT coalesce(json_agg(r ORDER BY r.created_at DESC), '[]') FROM (
        SELECT id AS run_id, status, created_at FROM pai.run
        WHERE workspace = t.workspace AND trigger ->> 'kind' = '{kind}'
          AND trigger ->> 'name' = t.name AND created_at >= t.created_at
        ORDER BY created_at DESC LIMIT {RECENT}) AS r) AS recent"""


_FROM = "JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)"
_WHICH = """
WHERE t.workspace = %(workspace)s AND (%(name)s::text IS NULL OR t.name = %(name)s) ORDER BY t.name
"""
_SCHEDULES = f"""
SELECT t.*, v.name AS flow, {_recent("schedule")} FROM pai.schedule t {_FROM} {_WHICH}
"""
_WEBHOOKS = f"""
SELECT t.name, t.inputs, t.is_on, t.owner, t.created_at, t.last_at, t.last_run, t.signature,
       t.body_input, t.received, v.name AS flow, {_recent("webhook")},
       CASE WHEN t.body_input IS NULL THEN v.spec -> 'inputs' ELSE
            json_build_object(t.body_input, v.spec -> 'inputs' -> t.body_input) END AS takes,
       (SELECT row_to_json(d) FROM (
           SELECT at, named, status, run, error FROM pai.delivery
           WHERE workspace = t.workspace AND webhook = t.name ORDER BY n DESC LIMIT 1) AS d
       ) AS last_delivery
FROM pai.webhook t {_FROM} {_WHICH}
"""
_DELIVERIES = """
SELECT at, named, status, run, error FROM pai.delivery
WHERE workspace = %(workspace)s AND webhook = %(name)s ORDER BY n DESC
"""
_VERSIONS = """
SELECT * FROM (
    SELECT DISTINCT ON (flow, flow_hash, plan_hash, code::text)
           flow, flow_hash, id AS run_id, created_at,
           count(*) OVER (PARTITION BY flow, flow_hash, plan_hash, code::text) AS runs
    FROM (SELECT * FROM pai.run WHERE workspace = %(workspace)s
          ORDER BY created_at DESC LIMIT %(look)s) AS r
    WHERE replays IS NULL
    ORDER BY flow, flow_hash, plan_hash, code::text, created_at DESC) AS newest
ORDER BY created_at DESC LIMIT 200
"""
