"""Schedules and webhooks over HTTP, and the door that webhooks' senders knock at."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request

from ..engine.commands.pinned import Module
from ..engine.triggers.cron import in_words
from ..engine.triggers.schedules import ScheduleNotFound, coming
from ..engine.triggers.webhooks import Delivery, Made, WebhookNotFound
from ..flow.codec import parse
from ..storage.triggers import ScheduleDetail, WebhookDetail
from .runs import RunStarted
from .services import Caller, Parts
from .trigger_bodies import (
    Deliveries,
    Preview,
    Rotate,
    Schedule,
    Schedules,
    ScheduleShown,
    Switch,
    Target,
    Times,
    Versions,
    Webhook,
    WebhookMade,
    Webhooks,
)

router = APIRouter(tags=["schedules and webhooks"])
hooks = APIRouter(tags=["webhooks' senders"])

HOOKS = "/persistentai/hooks"


@router.get("/schedules")
async def list_schedules(parts: Parts, by: Caller) -> Schedules:
    """All schedules of the workspace."""
    found = await parts.trigger_reads.schedules(by.workspace)
    return Schedules(schedules=[_shown(it) for it in found])


@router.get("/versions")
async def list_versions(parts: Parts, by: Caller) -> Versions:
    """Flows as they ran lately; a schedule or a webhook may be made `like` one of their runs."""
    return Versions(versions=await parts.trigger_reads.versions(by.workspace))


@router.post("/schedules/times")
async def preview(parts: Parts, by: Caller, body: Preview) -> Times:
    """When a schedule would start a run, without making it."""
    return await asyncio.to_thread(_times, body)


@router.post("/schedules/{name:path}/run", status_code=201)
async def run_now(
    parts: Parts,
    by: Caller,
    name: str,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RunStarted:
    """Start what a schedule starts, without waiting for its time."""
    started = await parts.triggers.run_now(name, by, key=idempotency_key)
    return RunStarted(run_id=started.run, status=started.status)


@router.put("/schedules/{name:path}")
async def put_schedule(parts: Parts, by: Caller, name: str, body: Schedule) -> ScheduleShown:
    """Make a schedule, or change the one of this name. Twice is once."""
    made, when = parts.triggers, body.read()
    if body.flow is None and body.like is not None:
        await made.schedule_like(name, when, body.like, body.inputs, by)
    else:
        await made.schedule(name, when, parse(body.drawn), body.inputs, _code(body), by)
    return await _schedule(parts, by, name)


@router.patch("/schedules/{name:path}")
async def switch_schedule(parts: Parts, by: Caller, name: str, body: Switch) -> ScheduleShown:
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
    triggers = parts.triggers
    how: dict[str, Any] = {"body": body.body, "signature": body.signature}
    if body.flow is None and body.like is not None:
        made = await triggers.webhook_like(name, body.like, body.inputs, by, **how)
    else:
        made = await triggers.webhook(name, parse(body.drawn), body.inputs, _code(body), by, **how)
    return _told(await _webhook(parts, by, name), made)


@router.post("/webhooks/{name:path}/rotate")
async def rotate(parts: Parts, by: Caller, name: str, body: Rotate) -> WebhookMade:
    """Give a webhook another address or secret; the old one is dead at once."""
    made = await parts.triggers.rotate(name, by, address=body.address, secret=body.secret)
    return _told(await _webhook(parts, by, name), made)


@router.get("/webhooks/{name:path}/deliveries")
async def list_deliveries(parts: Parts, by: Caller, name: str) -> Deliveries:
    """What was sent to a webhook last, also what was refused."""
    await _webhook(parts, by, name)
    return Deliveries(deliveries=await parts.trigger_reads.deliveries(by.workspace, name))


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


def _code(body: Target) -> tuple[Module, ...]:
    return tuple(code.pinned() for code in body.code)


def _times(body: Preview) -> Times:
    cron, now = body.read().read(), datetime.now(UTC)
    if cron is None:
        assert body.at is not None
        return Times(words=None, times=[body.at] if body.at > now else [])
    times = coming(cron.text, body.zone, cron.after(now), body.count)
    return Times(words=in_words(cron.text), times=list(times))


def _shown(schedule: ScheduleDetail) -> ScheduleShown:
    words = None if schedule.cron is None else in_words(schedule.cron)
    return ScheduleShown(**dict(schedule), words=words)


def _told(webhook: WebhookDetail, made: Made | None) -> WebhookMade:
    path = None if made is None or made.token is None else f"{HOOKS}/{made.token}"
    return WebhookMade(**dict(webhook), path=path, secret=None if made is None else made.secret)


async def _schedule(parts: Parts, by: Caller, name: str) -> ScheduleShown:
    found = await parts.trigger_reads.schedules(by.workspace, name)
    if not found:
        raise ScheduleNotFound(name)
    return _shown(found[0])


async def _webhook(parts: Parts, by: Caller, name: str) -> WebhookDetail:
    found = await parts.trigger_reads.webhooks(by.workspace, name)
    if not found:
        raise WebhookNotFound(name)
    return found[0]
