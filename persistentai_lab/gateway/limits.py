"""Limits over HTTP: how many runs of a flow, or of the workspace, may be under way at once."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from .services import Caller, Parts

router = APIRouter(tags=["limits"], prefix="/limits")


class Limit(BaseModel):
    """One limit, and what it means right now."""

    model_config = ConfigDict(from_attributes=True)

    flow: str
    """Name of the flow; empty for the whole workspace."""
    at_once: int
    by: str
    updated_at: datetime
    running: int
    queued: int


class LimitList(BaseModel):
    """The workspace's own limit first, then by flow."""

    limits: list[Limit]


class NewLimit(BaseModel):
    """How many at once."""

    model_config = ConfigDict(extra="forbid")

    at_once: int = Field(strict=True)
    """From 0, with which nothing starts."""


@router.get("")
async def list_limits(parts: Parts, by: Caller) -> LimitList:
    """All limits of the workspace."""
    found = await parts.limits.list(by)
    return LimitList(limits=[Limit.model_validate(it) for it in found])


@router.put("", status_code=204)
async def limit_workspace(parts: Parts, by: Caller, body: NewLimit) -> None:
    """Let no more than so many runs of the workspace be under way at once."""
    await parts.limits.set(body.at_once, by)


@router.delete("", status_code=204)
async def free_workspace(parts: Parts, by: Caller) -> None:
    """Take the workspace's limit away."""
    await parts.limits.remove(by)


@router.put("/{flow:path}", status_code=204)
async def limit_flow(parts: Parts, by: Caller, flow: str, body: NewLimit) -> None:
    """Let no more than so many runs of a flow, by its name, be under way at once."""
    await parts.limits.set(body.at_once, by, flow=flow)


@router.delete("/{flow:path}", status_code=204)
async def free_flow(parts: Parts, by: Caller, flow: str) -> None:
    """Take a flow's limit away."""
    await parts.limits.remove(by, flow=flow)
