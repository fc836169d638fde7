"""Files over HTTP: content as streams, the rest as JSON."""

import asyncio
import re
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from ...errors import MemoryRefused
from ...flow.payload import Payload
from ...ids import Json
from ...memory.files.asks import AnyChange, CommitFiles, Delete, ListFiles, Put, StatFile
from ...memory.files.media import media_type_of
from ...memory.files.model import MAIN, Stat, Version
from ...memory.layer import Query
from ..services import Caller, Parts, Services
from .asking import author

router = APIRouter(tags=["memory"])
SLICE = 1 << 18
"""Bytes of a file that are handed over at once."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
Key = Annotated[str | None, Header()]


class NewCommit(BaseModel):
    """Changes of several files, all or none."""

    model_config = ConfigDict(extra="forbid")

    changes: list[AnyChange]
    message: str = ""
    meta: dict[str, Json] = {}
    expected: str | None = None


class Committed(BaseModel):
    """The commit that was made, or that is the newest where nothing had to change."""

    branch: str
    commit: str | None
    again: bool = False


async def _asked(parts: Services, by: Caller, query: Query) -> Any:
    return (await parts.memory.answer(author(by), query)).value


async def _done(parts: Services, by: Caller, command: CommitFiles) -> Committed:
    (receipt,) = await parts.memory.write(author(by), command)
    return Committed(branch=receipt.target, commit=receipt.version, again=receipt.again)  # type: ignore[arg-type]


@router.get("/files/{branch}", response_model=dict[str, list[Stat]])
async def listing(
    parts: Parts,
    by: Caller,
    branch: str = MAIN,
    folder: str = "",
    at: str | None = None,
    recursive: bool = False,
    after: str = "",
    limit: int = 1_000,
) -> dict[str, Any]:
    """What lies in a folder, by name."""
    query = ListFiles(
        branch=branch, folder=folder, at=at, recursive=recursive, after=after, limit=limit
    )
    return {"files": await _asked(parts, by, query)}


@router.get("/file-stat/{branch}/{path:path}")
async def stat(parts: Parts, by: Caller, branch: str, path: str, at: str | None = None) -> Stat:
    """What is under a path."""
    return Stat.model_validate(await _asked(parts, by, StatFile(branch=branch, path=path, at=at)))


@router.get("/files/{branch}/{path:path}")
@router.head("/files/{branch}/{path:path}", include_in_schema=False)
async def content(
    parts: Parts,
    by: Caller,
    branch: str,
    path: str,
    request: Request,
    at: str | None = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The bytes of a file, or a range of them."""
    found = await parts.memory.files.stat(author(by), StatFile(branch=branch, path=path, at=at))
    payload = await parts.memory.files.open(author(by), found)
    headers = {
        "ETag": f'"{found.sha256}"', "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment",
        "X-Commit": found.commit or "",
    }  # fmt: skip
    if found.at:
        headers["Last-Modified"] = format_datetime(found.at, usegmt=True)
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    whole = len(payload.data)
    start, end, status = 0, whole, 200
    if said := _RANGE.fullmatch(request.headers.get("Range", "")):
        start, end = _range(whole, *said.groups())
        if start >= end:
            return Response(
                status_code=416, headers=headers | {"Content-Range": f"bytes */{whole}"}
            )
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{whole}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=found.media_type)
    return StreamingResponse(
        _slices(payload, start, end), status, headers, media_type=found.media_type
    )


@router.put("/files/{branch}/{path:path}", status_code=201)
async def put(
    parts: Parts,
    by: Caller,
    branch: str,
    path: str,
    request: Request,
    message: str = "",
    if_match: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
    idempotency_key: Key = None,
) -> Committed:
    """Write a file: a commit of its own. Its bytes come as they are, however many they are."""
    said = request.headers.get("Content-Type", "").partition(";")[0].strip()
    StatFile(branch=branch, path=path)  # refused before gigabytes are taken in
    version = await _kept(parts, by, request, said or media_type_of(path))
    change = Put(
        path=path, sha256=version.sha256, media_type=version.media_type,
        was=_expected(if_match, if_none_match),
    )  # fmt: skip
    command = CommitFiles(branch=branch, changes=(change,), message=message, key=idempotency_key)
    return await _done(parts, by, command)


@router.delete("/files/{branch}/{path:path}")
async def delete(
    parts: Parts,
    by: Caller,
    branch: str,
    path: str,
    message: str = "",
    recursive: bool = False,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Key = None,
) -> Committed:
    """Delete a file, or a folder with all in it."""
    change = Delete(path=path, recursive=recursive, was=_expected(if_match, None))
    command = CommitFiles(branch=branch, changes=(change,), message=message, key=idempotency_key)
    return await _done(parts, by, command)


@router.post("/file-content", status_code=201)
async def keep(parts: Parts, by: Caller, request: Request) -> Version:
    """Keep content, for a commit that is to put it under a path."""
    said = request.headers.get("Content-Type", "").partition(";")[0].strip()
    return await _kept(parts, by, request, said or media_type_of(""))


@router.post("/file-commits/{branch}", status_code=201)
async def commit(
    parts: Parts, by: Caller, branch: str, body: NewCommit, idempotency_key: Key = None
) -> Committed:
    """Change several files, all or none; once for each `Idempotency-Key`."""
    command = CommitFiles(
        branch=branch, changes=tuple(body.changes), message=body.message, meta=body.meta,
        expected=body.expected, key=idempotency_key,
    )  # fmt: skip
    return await _done(parts, by, command)


async def _kept(parts: Services, by: Caller, request: Request, media_type: str) -> Version:
    """Take the body in, to a file when it is large: it never lies in memory whole."""
    gathered, draft, at = bytearray(), None, 0
    async for piece in request.stream():
        if draft is None:
            gathered += piece
            if len(gathered) <= SLICE * 4:
                continue
            draft, piece = parts.blobs.draft(), bytes(gathered)
            gathered.clear()
        at += await asyncio.to_thread(draft.write, piece, at)
    if draft is None:
        payload = Payload(bytes(gathered), media_type)
    else:
        payload = Payload(draft.mapped(), media_type, file=draft)
    return await parts.memory.files.keep(author(by), payload)


async def _slices(payload: Payload, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, SLICE):
        piece = payload.data[at : min(at + SLICE, end)]
        yield piece if isinstance(piece, bytes) else await asyncio.to_thread(bytes, piece)


def _range(whole: int, first: str, last: str) -> tuple[int, int]:
    if not first:  # the last so many
        return max(0, whole - int(last or 0)), whole
    return int(first), min(int(last) + 1, whole) if last else whole


def _expected(if_match: str | None, if_none_match: str | None) -> str | None:
    if if_none_match == "*":
        return ""
    if if_match is None:
        return None
    tag = unquote(if_match).strip().strip('"')
    if not re.fullmatch(r"[0-9a-f]{64}", tag):
        raise MemoryRefused(
            f"`If-Match: {if_match}` is no hash of a file.", remedy="Send the ETag that was read."
        )
    return tag
