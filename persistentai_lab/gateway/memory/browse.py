"""The tree of all layers over HTTP, for whoever looks through it: reads only."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...storage.browse.model import Entry, Item, LayerHead, Page, Times, Version
from ..services import Caller, Parts
from .asking import author

router = APIRouter(prefix="/browse", tags=["memory"])
Limit = Annotated[int, Query(ge=1, le=5_000)]


@router.get("", response_model=dict[str, list[LayerHead]])
async def heads(
    parts: Parts, by: Caller, at: AwareDatetime | None = None
) -> dict[str, list[LayerHead]]:
    """All layers at a glance; another `mark` means that something changed."""
    return {"layers": await parts.browse.heads(author(by), at)}


@router.get("/times")
async def times(
    parts: Parts,
    by: Caller,
    since: AwareDatetime | None = None,
    stretches: Annotated[int, Query(ge=1, le=1_000)] = 120,
) -> Times:
    """When something changed."""
    return await parts.browse.times(author(by), since=since, stretches=stretches)


@router.get("/search", response_model=dict[str, dict[str, list[Item]]])
async def search(
    parts: Parts,
    by: Caller,
    text: Annotated[str, Query(min_length=1, max_length=200)],
    at: AwareDatetime | None = None,
    limit: Limit = 50,
) -> dict[str, dict[str, list[Item]]]:
    """Things that have the text in them, by layer."""
    return {"found": await parts.browse.search(author(by), text, at=at, limit=limit)}


@router.get("/{layer}")
async def page(
    parts: Parts,
    by: Caller,
    layer: str,
    under: str = "",
    at: AwareDatetime | None = None,
    after: str = "",
    limit: Limit = 1_000,
) -> Page:
    """What lies under a folder or a group."""
    return await parts.browse.page(author(by), layer, under, at=at, after=after, limit=limit)


@router.get("/{layer}/entry")
async def entry(
    parts: Parts,
    by: Caller,
    layer: str,
    id: str,
    at: AwareDatetime | None = None,
    version: str | None = None,
) -> Entry:
    """A thing to be looked at, at a moment or a version of it."""
    return await parts.browse.entry(author(by), layer, id, at=at, version=version)


@router.get("/{layer}/versions", response_model=dict[str, list[Version]])
async def versions(
    parts: Parts, by: Caller, layer: str, id: str, limit: Limit = 200
) -> dict[str, list[Version]]:
    """What a thing was, newest first."""
    return {"versions": await parts.browse.versions(author(by), layer, id, limit)}
