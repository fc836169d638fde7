"""Feeds over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict

from ...ids import Json
from ...memory.feed.asks import Append, ListFeeds, ReadFeed
from ...memory.feed.model import Entry, Head
from ..services import Caller, Parts
from .asking import author

router = APIRouter(tags=["memory"])


class NewEntry(BaseModel):
    """What to append."""

    model_config = ConfigDict(extra="forbid")

    body: Json
    kind: str = "message"


class Appended(BaseModel):
    """Where it stands."""

    feed: str
    seq: int


@router.get("/feeds", response_model=dict[str, list[Head]])
async def feeds(
    parts: Parts, by: Caller, prefix: str = "", after: str = "", limit: int = 1_000
) -> dict[str, Any]:
    """Feeds by name."""
    asked = ListFeeds(prefix=prefix, after=after, limit=limit)
    return {"feeds": (await parts.memory.answer(author(by), asked)).value}


@router.get("/feeds/{feed:path}/entries", response_model=dict[str, list[Entry]])
async def entries(
    parts: Parts, by: Caller, feed: str, after: int = 0, limit: int = 1_000
) -> dict[str, Any]:
    """Entries in order, after a position."""
    asked = ReadFeed(feed=feed, after=after, limit=limit)
    return {"entries": (await parts.memory.answer(author(by), asked)).value}


@router.post("/feeds/{feed:path}/entries", status_code=201)
async def append(
    parts: Parts,
    by: Caller,
    feed: str,
    body: NewEntry,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Appended:
    """Add to the end. With the same `Idempotency-Key` twice, it is one entry."""
    command = Append(feed=feed, body=body.body, kind=body.kind, key=idempotency_key)
    (receipt,) = await parts.memory.write(author(by), command)
    return Appended(feed=feed, seq=receipt.version)  # type: ignore[arg-type]
