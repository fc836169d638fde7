"""History over HTTP."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ...errors import NotInMemory
from ...ids import Json
from ...memory.history.asks import (
    By,
    CostBy,
    InputsOf,
    Lineage,
    MadeBy,
    Mode,
    RanWith,
    Runs,
    Steps,
    UsesOf,
    ValueOf,
    VerifyRun,
)
from ...memory.history.model import Cost, Given, PastRun, PastStep, Sealed, Use, Where
from ...memory.layer import Query as Asked
from ..services import Caller, Parts
from .asking import author

PIECE = 1024 * 1024
router = APIRouter(prefix="/history", tags=["memory"])
_Time = AwareDatetime | None
_Limit = Annotated[int, Query(ge=1, le=10_000)]


class Wanted(BaseModel):
    """A value that is looked for."""

    model_config = ConfigDict(extra="forbid")

    value: Json = None
    sha256: str | None = None
    contains: bool = False
    since: _Time = None
    until: _Time = None
    limit: int = 100


async def _ask(parts: Parts, by: Caller, query: Asked) -> Any:
    return (await parts.memory.answer(author(by), query)).value


@router.get("/runs", response_model=dict[str, list[PastRun]])
async def runs(
    parts: Parts,
    by: Caller,
    flow: str | None = None,
    status: str | None = None,
    owner: str | None = None,
    since: _Time = None,
    until: _Time = None,
    limit: _Limit = 100,
) -> dict[str, Any]:
    """Runs, the newest first."""
    query = Runs(flow=flow, status=status, owner=owner, since=since, until=until, limit=limit)
    return {"runs": await _ask(parts, by, query)}


@router.get("/steps", response_model=dict[str, list[PastStep]])
async def steps(
    parts: Parts,
    by: Caller,
    run: str | None = None,
    flow: str | None = None,
    node: str | None = None,
    block: str | None = None,
    status: str | None = None,
    effect: str | None = None,
    with_cost: bool = False,
    since: _Time = None,
    until: _Time = None,
    limit: _Limit = 100,
) -> dict[str, Any]:
    """Attempts at steps, the newest first."""
    query = Steps(
        run=run,
        flow=flow,
        node=node,
        block=block,
        status=status,
        effect=effect,
        with_cost=with_cost,
        since=since,
        until=until,
        limit=limit,
    )
    return {"steps": await _ask(parts, by, query)}


@router.get("/value")
async def value_of(
    parts: Parts, by: Caller, run: str, node: str, port: str = "result"
) -> dict[str, Any]:
    """What a step gave, as recorded."""
    return {"value": await _ask(parts, by, ValueOf(run=run, node=node, port=port))}


@router.get("/inputs", response_model=dict[str, list[Given]])
async def inputs_of(parts: Parts, by: Caller, run: str, node: str) -> dict[str, Any]:
    """What a step was given, and where it came from."""
    return {"inputs": await _ask(parts, by, InputsOf(run=run, node=node))}


@router.post("/made-by", response_model=dict[str, list[Where]])
async def made_by(parts: Parts, by: Caller, body: Wanted) -> dict[str, Any]:
    """Which steps gave a value."""
    return {"steps": await _ask(parts, by, MadeBy(**body.model_dump()))}


@router.post("/ran-with", response_model=dict[str, list[Where]])
async def ran_with(parts: Parts, by: Caller, body: Wanted) -> dict[str, Any]:
    """Which steps were given a value."""
    return {"steps": await _ask(parts, by, RanWith(**body.model_dump()))}


@router.get("/uses", response_model=dict[str, list[Use]])
async def uses(
    parts: Parts,
    by: Caller,
    layer: str,
    target: str,
    version: str | None = None,
    mode: Mode | None = None,
    since: _Time = None,
    until: _Time = None,
    limit: _Limit = 100,
) -> dict[str, Any]:
    """Which steps read or wrote a thing in memory."""
    query = UsesOf(
        in_layer=layer,
        target=target,
        version=version,
        mode=mode,
        since=since,
        until=until,
        limit=limit,
    )
    return {"uses": await _ask(parts, by, query)}


@router.get("/cost", response_model=dict[str, list[Cost]])
async def cost(
    parts: Parts,
    by: Caller,
    group: By = "flow",
    flow: str | None = None,
    since: _Time = None,
    until: _Time = None,
) -> dict[str, Any]:
    """What was spent, by groups."""
    query = CostBy(by=group, flow=flow, since=since, until=until)
    return {"costs": await _ask(parts, by, query)}


@router.get("/lineage")
async def lineage(
    parts: Parts, by: Caller, of: str, direction: str = "both", depth: int = 5, limit: int = 500
) -> dict[str, Any]:
    """What came of a thing, and what it came of: a graph in networkx's node-link form."""
    query = Lineage(of=of, direction=direction, depth=depth, limit=limit)  # type: ignore[arg-type]
    found: dict[str, Any] = await _ask(parts, by, query)
    return found


@router.get("/verify")
async def verify(parts: Parts, by: Caller, run: str) -> Sealed:
    """Whether what is recorded of a run is what was sealed."""
    return Sealed.model_validate(await _ask(parts, by, VerifyRun(run=run)))


@router.get("/bundle")
async def bundle(
    parts: Parts,
    by: Caller,
    run: Annotated[list[str] | None, Query()] = None,
    since: _Time = None,
    until: _Time = None,
) -> StreamingResponse:
    """The audit bundle of some runs, or of those that ended in a span of time."""
    runs = run if run is not None else await _ended(parts, by, since, until)
    folder = tempfile.TemporaryDirectory(prefix="pai-bundle-")
    path = Path(folder.name) / "bundle.zip"
    try:
        await parts.memory.history.bundle(by.workspace, runs, path)
    except BaseException:
        await asyncio.to_thread(folder.cleanup)
        raise

    def pieces() -> Iterator[bytes]:
        with folder, path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    headers = {"Content-Disposition": 'attachment; filename="bundle.zip"'}
    return StreamingResponse(pieces(), media_type="application/zip", headers=headers)


async def _ended(
    parts: Parts, by: Caller, since: datetime | None, until: datetime | None
) -> list[str]:
    found = await _ask(parts, by, Runs(since=since, until=until, limit=10_000))
    ended = [run["run"] for run in found if run["ended_at"]]
    if not ended:
        raise NotInMemory("No run ended in this time.", remedy="Ask for another span of time.")
    return ended
