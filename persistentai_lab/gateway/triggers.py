"""Schedules and webhooks over HTTP, and the door that webhooks' senders knock at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ..engine.pinned import Module
from ..engine.schedules import ScheduleNotFound, When
from ..engine.webhooks import Delivery, WebhookNotFound
from ..flow.codec import parse
from ..ids import Json
from ..storage.triggers import ScheduleDetail, WebhookDetail
from .runs import Code, RunStarted
from .services import Caller, Parts

router = APIRouter(tags=["schedules and webhooks"])
hooks = APIRouter(tags=["webhooks' senders"])

HOOKS = "/persistentai/hooks"


class _Target(BaseModel):
    model_config = ConfigDict(extra="forbid")

    flow: dict[str, Json]
    inputs: dict[str, Json] = {}
    """Those that are the same every time."""
    code: list[Code] = []


class Schedule(_Target):
    """Which flow to start when. Either `cron` or `at`."""

    cron: str | None = Field(default=None, max_length=200)
    """Five fields: minute, hour, day, month, weekday."""
    at: datetime | None = None
    """Once, instead of again and again."""
    zone: str = Field(default="UTC", max_length=100)
    """Where the clock hangs that `cron` speaks of, such as `Europe/Berlin`."""
    missed: Literal["skip", "once", "all"] = "once"
    """What becomes of the times at which nobody was there."""


class Webhook(_Target):
    """Which flow to start when something is sent."""

    body: str | None = Field(default=None, max_length=500)
    """The input that gets what is sent; an empty text: its fields go to the inputs of their names.
    Left out: the input `body`, or the only one."""
    signature: Literal["none", "standard", "github"] = "none"


class Switch(BaseModel):
    """Whether a trigger is at work."""

    model_config = ConfigDict(extra="forbid")

    on: bool


class WebhookMade(WebhookDetail):
    """A webhook, with its secrets if it was made just now."""

    path: str | None
    """Where to send to; told this once."""
    secret: str | None
    """What to sign with; told this once."""


class Schedules(BaseModel):
    """Schedules, by name."""

    schedules: list[ScheduleDetail]


class Webhooks(BaseModel):
    """Webhooks, by name."""

    webhooks: list[WebhookDetail]


@router.get("/schedules")
async def list_schedules(parts: Parts, by: Caller) -> Schedules:
    """All schedules of the workspace."""
    return Schedules(schedules=await parts.trigger_reads.schedules(by.workspace))


@router.put("/schedules/{name:path}")
async def put_schedule(parts: Parts, by: Caller, name: str, body: Schedule) -> ScheduleDetail:
    """Make a schedule, or change the one of this name. Twice is once."""
    when = When(body.cron, body.at, body.zone, body.missed)
    await parts.triggers.schedule(name, when, parse(body.flow), body.inputs, _code(body), by)
    return await _schedule(parts, by, name)


@router.patch("/schedules/{name:path}")
async def switch_schedule(parts: Parts, by: Caller, name: str, body: Switch) -> ScheduleDetail:
    """Let a schedule rest, or go on from now."""
    await parts.triggers.switch_schedule(name, by, on=body.on)
    return await _schedule(parts, by, name)


@router.delete("/schedules/{name:path}", status_code=204)
async def drop_schedule(parts: Parts, by: Caller, name: str) -> None:
    """Forget a schedule."""
    await parts.triggers.drop_schedule(name, by)


@router.get("/webhooks")
async def list_webhooks(parts: Parts, by: Caller) -> Webhooks:
    """All webhooks of the workspace, without their addresses."""
    return Webhooks(webhooks=await parts.trigger_reads.webhooks(by.workspace))


@router.put("/webhooks/{name:path}")
async def put_webhook(parts: Parts, by: Caller, name: str, body: Webhook) -> WebhookMade:
    """Make a webhook, or let the one of this name start something else: its address stays."""
    made = await parts.triggers.webhook(
        name,
        parse(body.flow),
        body.inputs,
        _code(body),
        by,
        body=body.body,
        signature=body.signature,
    )
    kept = await _webhook(parts, by, name)
    path, secret = (None, None) if made is None else (f"{HOOKS}/{made.token}", made.secret)
    return WebhookMade(**dict(kept), path=path, secret=secret)


@router.patch("/webhooks/{name:path}")
async def switch_webhook(parts: Parts, by: Caller, name: str, body: Switch) -> WebhookDetail:
    """Let a webhook rest, or listen again."""
    await parts.triggers.switch_webhook(name, by, on=body.on)
    return await _webhook(parts, by, name)


@router.delete("/webhooks/{name:path}", status_code=204)
async def drop_webhook(parts: Parts, by: Caller, name: str) -> None:
    """Forget a webhook and its address."""
    await parts.triggers.drop_webhook(name, by)


@hooks.post("/{token}", status_code=202)
async def deliver(parts: Parts, request: Request, token: str) -> RunStarted:
    """Start the run of a delivery: the address says which. The same delivery again is the same run.

    A delivery is named by `webhook-id`, `X-GitHub-Delivery` or `Idempotency-Key`.
    """
    headers: Mapping[str, str] = request.headers  # its names are in lower case
    started = await parts.triggers.receive(token, Delivery(await request.body(), headers))
    return RunStarted(run_id=started.run, status=started.status)


def _code(body: _Target) -> tuple[Module, ...]:
    return tuple(code.pinned() for code in body.code)


async def _schedule(parts: Parts, by: Caller, name: str) -> ScheduleDetail:
    found = await parts.trigger_reads.schedules(by.workspace, name)
    if not found:
        raise ScheduleNotFound(name)
    return found[0]


async def _webhook(parts: Parts, by: Caller, name: str) -> WebhookDetail:
    found = await parts.trigger_reads.webhooks(by.workspace, name)
    if not found:
        raise WebhookNotFound(name)
    return found[0]
