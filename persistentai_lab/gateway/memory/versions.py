"""Branches, tags, logs, differences and merges of files over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict

from ...ids import Json
from ...memory.files import asks
from ...memory.files.model import (
    MAIN,
    Branch,
    Change,
    Commit,
    Difference,
    FilesVerdict,
    Line,
    Merged,
    Stat,
    Tag,
)
from ...memory.layer import Command, Query, Receipt
from ..services import Caller, Parts, Services
from .asking import author

router = APIRouter(tags=["memory"])
Key = Annotated[str | None, Header()]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewBranch(_Body):
    """A branch to begin."""

    name: str
    source: str = MAIN


class NewTag(_Body):
    """A name for a version."""

    name: str
    version: str = MAIN
    message: str = ""


class Restoring(_Body):
    """What to bring back."""

    to: str
    paths: list[str] | None = None
    message: str = ""
    expected: str | None = None


class TakingOver(_Body):
    """A version that was made elsewhere."""

    changes: list[asks.AnyChange] = []
    also: list[str] = []
    message: str = ""
    meta: dict[str, Json] = {}
    expected: str | None = None


class Erasing(_Body):
    """A file whose content is to be erased."""

    path: str
    reason: str = ""


class Erased(_Body):
    """What was erased."""

    commit: str
    """That says so."""
    versions: int
    also: list[str]
    """Paths that have, or had, the same content, and still do."""


class _Merging(_Body):
    message: str = ""
    expected: str | None = None
    favour: Literal["ours", "theirs"] | None = None
    resolutions: dict[str, asks.Resolution] = {}
    conflicts: Literal["refuse", "report"] = "refuse"


class Merging(_Merging):
    """What to bring in."""

    source: str


class Reverting(_Merging):
    """What to undo."""

    commit: str


class Moved(_Body):
    """Where a branch or a tag points to now."""

    name: str
    commit: str | None
    again: bool = False


async def _asked(parts: Services, by: Caller, query: Query) -> Any:
    return (await parts.memory.answer(author(by), query)).value


async def _done(parts: Services, by: Caller, command: Command) -> Receipt:
    (receipt,) = await parts.memory.write(author(by), command)
    return receipt


async def _moved(parts: Services, by: Caller, command: Command) -> dict[str, Json]:
    receipt = await _done(parts, by, command)
    return {"name": receipt.target, "commit": receipt.version, "again": receipt.again}


@router.get("/file-search/{branch}", response_model=dict[str, list[Stat]])
async def search(
    parts: Parts,
    by: Caller,
    branch: str,
    pattern: str,
    at: str | None = None,
    after: str = "",
    limit: int = 1_000,
) -> dict[str, Any]:
    """Files whose paths fit a pattern, by path."""
    query = asks.FindFiles(branch=branch, pattern=pattern, at=at, after=after, limit=limit)
    return {"files": await _asked(parts, by, query)}


@router.get("/file-commits/{branch}", response_model=dict[str, list[Commit]])
async def log(
    parts: Parts,
    by: Caller,
    branch: str,
    path: str | None = None,
    at: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Commits of a branch, newest first, or those that changed a path."""
    query = asks.LogFiles(branch=branch, path=path, at=at, before=before, limit=limit)
    return {"commits": await _asked(parts, by, query)}


@router.get("/file-changes", response_model=dict[str, list[Change]])
async def changes(
    parts: Parts,
    by: Caller,
    b: str = MAIN,
    a: str | None = None,
    after: str = "",
    limit: int = 10_000,
) -> dict[str, Any]:
    """Paths that differ between two versions; without `a`, what `b` has changed."""
    query = asks.DiffFiles(a=a, b=b, after=after, limit=limit)
    return {"changes": await _asked(parts, by, query)}


@router.get("/file-difference/{path:path}")
async def difference(
    parts: Parts, by: Caller, path: str, b: str = MAIN, a: str | None = None
) -> Difference:
    """How the content of a path differs between two versions: by lines, cells, rows or values."""
    query = asks.CompareFile(path=path, a=a, b=b)
    return Difference.model_validate(await _asked(parts, by, query))


@router.get("/file-blame/{branch}/{path:path}", response_model=dict[str, list[Line]])
async def blame(
    parts: Parts, by: Caller, branch: str, path: str, at: str | None = None
) -> dict[str, Any]:
    """The lines of a text, each with the commit that made it."""
    query = asks.BlameFile(branch=branch, path=path, at=at)
    return {"lines": await _asked(parts, by, query)}


@router.get("/file-branches", response_model=dict[str, list[Branch]])
async def branches(parts: Parts, by: Caller) -> dict[str, Any]:
    """Branches by name."""
    return {"branches": await _asked(parts, by, asks.ListBranches())}


@router.post("/file-branches", status_code=201, response_model=Moved)
async def create_branch(parts: Parts, by: Caller, body: NewBranch) -> dict[str, Json]:
    """Begin a branch; as quick for a million files as for one."""
    return await _moved(parts, by, asks.CreateBranch(name=body.name, source=body.source))


@router.delete("/file-branches/{name}", status_code=204)
async def delete_branch(parts: Parts, by: Caller, name: str) -> None:
    """Take a branch away. Its commits stay."""
    await _done(parts, by, asks.DeleteBranch(name=name))


@router.get("/file-tags", response_model=dict[str, list[Tag]])
async def tags(parts: Parts, by: Caller) -> dict[str, Any]:
    """Tags by name."""
    return {"tags": await _asked(parts, by, asks.ListTags())}


@router.post("/file-tags", status_code=201, response_model=Moved)
async def tag(parts: Parts, by: Caller, body: NewTag) -> dict[str, Json]:
    """Give a version a name."""
    command = asks.TagVersion(name=body.name, version=body.version, message=body.message)
    return await _moved(parts, by, command)


@router.delete("/file-tags/{name}", status_code=204)
async def delete_tag(parts: Parts, by: Caller, name: str) -> None:
    """Take a name from a version."""
    await _done(parts, by, asks.DeleteTag(name=name))


@router.post("/file-restores/{branch}", status_code=201, response_model=Moved)
async def restore(
    parts: Parts, by: Caller, branch: str, body: Restoring, idempotency_key: Key = None
) -> dict[str, Json]:
    """Bring back an older version, or some paths of it, as a new commit."""
    command = asks.Restore(
        branch=branch, to=body.to, message=body.message, expected=body.expected,
        paths=None if body.paths is None else tuple(body.paths), key=idempotency_key,
    )  # fmt: skip
    return await _moved(parts, by, command)


@router.post("/file-takeovers/{branch}", status_code=201, response_model=Moved)
async def take_over(
    parts: Parts, by: Caller, branch: str, body: TakingOver, idempotency_key: Key = None
) -> dict[str, Json]:
    """Enter a version that was made elsewhere: it may change nothing, and have several parents."""
    command = asks.TakeOver(branch=branch, key=idempotency_key, **dict(body))
    return await _moved(parts, by, command)


@router.get("/file-verdict")
async def verify(parts: Parts, by: Caller, anchor: str | None = None) -> FilesVerdict:
    """Whether all commits are as they were made."""
    return FilesVerdict.model_validate(await _asked(parts, by, asks.VerifyFiles(anchor=anchor)))


@router.post("/file-erasures/{branch}", status_code=201)
async def erase(
    parts: Parts, by: Caller, branch: str, body: Erasing, idempotency_key: Key = None
) -> Erased:
    """Erase what a path had in it from all versions, on all branches, for good."""
    command = asks.EraseFile(branch=branch, key=idempotency_key, **dict(body))
    receipt = await _done(parts, by, command)
    done: Any = receipt.result or {"commit": receipt.version, "versions": 0, "also": []}
    return Erased.model_validate(done)


@router.post("/file-merges/{branch}", status_code=201)
async def merge(
    parts: Parts, by: Caller, branch: str, body: Merging, idempotency_key: Key = None
) -> Merged:
    """Bring what happened on another branch into this one."""
    command = asks.Merge(branch=branch, key=idempotency_key, **dict(body))
    return Merged.model_validate((await _done(parts, by, command)).version)


@router.post("/file-reverts/{branch}", status_code=201)
async def revert(
    parts: Parts, by: Caller, branch: str, body: Reverting, idempotency_key: Key = None
) -> Merged:
    """Undo one commit, keeping what came after it."""
    command = asks.Revert(branch=branch, key=idempotency_key, **dict(body))
    return Merged.model_validate((await _done(parts, by, command)).version)
