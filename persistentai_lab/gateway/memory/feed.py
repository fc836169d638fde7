"""Feeds over HTTP."""

from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.requests import Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ...ids import Json
from ...memory.feed.asks import (
    Append,
    AppendAll,
    Forget,
    ListFeeds,
    PatchState,
    ReadFeed,
    StateOf,
    VerifyFeed,
)
from ...memory.feed.model import Entry, Head, NewEntry, State, Verdict
from ...storage.bell import word_of
from ..services import Caller, Parts
from .asking import author

WAIT_MAX_S = 25.0
IN_MEMORY = 16 * 1024 * 1024
router = APIRouter(tags=["memory"])
_Key = Annotated[str | None, Header(alias="Idempotency-Key")]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewBody(_Said):
    """What to append."""

    body: Json
    kind: str = "message"


class NewEntries(_Said):
    """What to append, each perhaps with a key of its own."""

    items: list[NewEntry]


class Patch(_Said):
    """How to change the state."""

    patch: list[dict[str, Json]]


class Erase(_Said):
    """What to erase."""

    seqs: list[int]
    reason: str = ""


class Appended(BaseModel):
    """Where it stands."""

    feed: str
    seq: int


class AllAppended(BaseModel):
    """Where each stands."""

    feed: str
    seqs: list[int]


class Erased(BaseModel):
    """What was erased just now, and the entry that says so."""

    feed: str
    seq: int
    erased: list[int]


class Imported(BaseModel):
    """A feed that was taken in."""

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
    parts: Parts,
    by: Caller,
    feed: str,
    after: int = 0,
    before: int | None = None,
    kind: Annotated[Sequence[str], Query()] = (),
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    run: str | None = None,
    newest_first: bool = False,
    limit: int = 1_000,
    wait_s: Annotated[float, Field(ge=0, le=WAIT_MAX_S)] = 0,
) -> dict[str, Any]:
    """Entries in order; with `wait_s`, as soon as there is one, or none when the time is over."""
    asked = ReadFeed(
        feed=feed,
        after=after,
        before=before,
        kinds=tuple(kind),
        since=since,
        until=until,
        run=run,
        newest_first=newest_first,
        limit=limit,
    )

    async def look() -> Json:
        return (await parts.memory.answer(author(by), asked)).value

    word = word_of("feed", by.workspace, asked.feed)
    return {"entries": await parts.bell.until(word, look, wait_s)}


@router.post("/feeds/{feed:path}/entries", status_code=201)
async def append(
    parts: Parts, by: Caller, feed: str, body: NewBody, idempotency_key: _Key = None
) -> Appended:
    """Add to the end. With the same `Idempotency-Key` twice, it is one entry."""
    command = Append(feed=feed, body=body.body, kind=body.kind, key=idempotency_key)
    (receipt,) = await parts.memory.write(author(by), command)
    return Appended(feed=receipt.target, seq=receipt.version)  # type: ignore[arg-type]


@router.post("/feeds/{feed:path}/batch", status_code=201)
async def append_all(parts: Parts, by: Caller, feed: str, body: NewEntries) -> AllAppended:
    """Add several, one after the other: all or none. Keys make them safe to send again."""
    command = AppendAll(feed=feed, items=tuple(body.items))
    (receipt,) = await parts.memory.write(author(by), command)
    return AllAppended(feed=receipt.target, seqs=receipt.result)  # type: ignore[arg-type]


@router.get("/feeds/{feed:path}/state")
async def state(
    parts: Parts, by: Caller, feed: str, at: int | None = None, when: AwareDatetime | None = None
) -> State:
    """The state at a position, at a moment, or as it is now."""
    asked = StateOf(feed=feed, at=at if when is None else when)
    return State.model_validate((await parts.memory.answer(author(by), asked)).value)


@router.post("/feeds/{feed:path}/state", status_code=201)
async def patch_state(
    parts: Parts, by: Caller, feed: str, body: Patch, idempotency_key: _Key = None
) -> Appended:
    """Change the state by a JSON Patch."""
    command = PatchState(feed=feed, patch=body.patch, key=idempotency_key)
    (receipt,) = await parts.memory.write(author(by), command)
    return Appended(feed=receipt.target, seq=receipt.version)  # type: ignore[arg-type]


@router.post("/feeds/{feed:path}/forget")
async def forget(parts: Parts, by: Caller, feed: str, body: Erase) -> Erased:
    """Erase what entries say; the chain still holds."""
    command = Forget(feed=feed, seqs=tuple(body.seqs), reason=body.reason)
    (receipt,) = await parts.memory.write(author(by), command)
    return Erased(feed=receipt.target, seq=receipt.version, erased=receipt.result)  # type: ignore[arg-type]


@router.get("/feeds/{feed:path}/verify")
async def verify(
    parts: Parts, by: Caller, feed: str, after: int = 0, hash: str | None = None
) -> Verdict:
    """Follow the chain, a part at a time; `is_all` says whether that was the end."""
    asked = VerifyFeed(feed=feed, after=after, hash=hash)
    return Verdict.model_validate((await parts.memory.answer(author(by), asked)).value)


@router.get("/feeds/{feed:path}/file")
async def export_file(parts: Parts, by: Caller, feed: str) -> StreamingResponse:
    """The feed as JSON Lines, with its chain."""
    name = ReadFeed(feed=feed).feed
    pieces = parts.memory.feeds.lines(by.workspace, name)
    first = await anext(pieces)  # raises what is wrong while there is still an answer to give

    async def whole() -> Any:
        yield first
        async for piece in pieces:
            yield piece

    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(whole(), media_type="application/x-ndjson", headers=headers)


@router.post("/feeds/{feed:path}/file", status_code=201)
async def import_file(parts: Parts, by: Caller, feed: str, request: Request) -> Imported:
    """Make a feed of an exported file, if it is whole and nobody altered it."""
    name = ReadFeed(feed=feed).feed
    with SpooledTemporaryFile(IN_MEMORY) as file:
        async for piece in request.stream():
            file.write(piece)
        file.seek(0)
        seq = await parts.memory.feeds.take_in(author(by), name, file)
    return Imported(feed=name, seq=seq)
