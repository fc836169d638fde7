"""Runs over HTTP: start, look, cancel."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..engine.commands.pinned import Module
from ..errors import LabError
from ..flow.codec import parse
from ..flow.environment import Environment
from ..flow.graph import graph_of
from ..flow.payload import Payload
from ..flow.signature import Signature
from ..flow.values import schema_of_media
from ..ids import START, Json, RunId, Seq
from ..storage.hub import events_after
from ..storage.runs import RunDetail, RunSummary
from .services import Caller, Parts

router = APIRouter(tags=["runs"])

HEAD_MAX = 10_000


class UnknownMedia(LabError):
    """Bytes of a kind that nothing here reads."""

    code = "unknown_media_type"
    http_status = 415

    def __init__(self, media_type: str) -> None:
        super().__init__(
            f"Nothing here reads {media_type!r}.",
            remedy="Send a table as Parquet, an array as npy, an image as PNG, or plain bytes.",
        )


class Code(BaseModel):
    """A module of the caller's, with the signatures of the blocks it defines."""

    model_config = ConfigDict(extra="forbid")

    module: str
    source: str
    signatures: list[Signature] = []
    environment: Environment | None = None

    def pinned(self) -> Module:
        """As the engine takes it."""
        return Module(self.module, self.source, tuple(self.signatures), self.environment)


class Ref(BaseModel):
    """A value that is no JSON; its bytes were sent to `/blobs`."""

    model_config = ConfigDict(extra="forbid")

    ref: str = Field(pattern="^[0-9a-f]{64}$")
    media_type: str
    size: int
    about: str | None = Field(default=None, max_length=200)
    """What it is, for people."""
    head: Json = None
    """Its beginning, for people."""

    @field_validator("head")
    @classmethod
    def _is_a_beginning(cls, head: Json) -> Json:
        if len(json.dumps(head)) > HEAD_MAX:
            raise ValueError(f"a beginning has {HEAD_MAX} characters at most")
        return head


class StartRun(BaseModel):
    """Which flow to run, on what."""

    model_config = ConfigDict(extra="forbid")

    flow: dict[str, Json]
    inputs: dict[str, Json] = {}
    refs: dict[str, Ref] = {}
    """Inputs that are no JSON."""
    code: list[Code] = []
    reuse: RunId | None = None
    """A run whose records are taken over as far as nothing they depend on changed."""
    anew: list[str] = []
    """Nodes that run in any case."""
    breakpoints: dict[str, str | None] = {}
    """Nodes before which it pauses, each with a condition over its inputs, or null for always."""
    paused: bool = False
    """Whether it waits to be resumed or stepped, instead of going on."""
    priority: str | int | None = None
    """high, normal, low, or a number from 1 (goes first) to 1000."""


class Fork(BaseModel):
    """What is to be different from the other run."""

    model_config = ConfigDict(extra="forbid")

    at: str | None = None
    """A node that runs in any case, with all that is downstream of it."""
    values: dict[str, dict[str, Json]] = {}
    """Other literals, by node and port."""
    inputs: dict[str, Json] = {}
    refs: dict[str, Ref] = {}


class RunStarted(BaseModel):
    """The run was accepted: it goes on whatever happens to whoever asked."""

    run_id: RunId
    status: str


class RunList(BaseModel):
    """Runs, newest first."""

    runs: list[RunSummary]


class Cancel(BaseModel):
    """Why a run is stopped."""

    reason: str = ""


@router.post("/runs", status_code=201)
async def start(
    parts: Parts,
    by: Caller,
    body: StartRun,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RunStarted:
    """Start a run. With the same `Idempotency-Key` twice, it is the same run."""
    modules = tuple(code.pinned() for code in body.code)
    flow = parse(body.flow)
    started = await parts.commands.start(
        flow,
        body.inputs,
        modules,
        by,
        refs=plain_refs(body.refs),
        key=idempotency_key,
        reuse=body.reuse,
        anew=tuple(body.anew),
        breakpoints=body.breakpoints,
        paused=body.paused,
        priority=body.priority,
    )
    return RunStarted(run_id=started.run, status=started.status)


@router.post("/runs/{run_id}/fork", status_code=201)
async def fork(
    parts: Parts,
    by: Caller,
    run_id: RunId,
    body: Fork,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RunStarted:
    """Start a run like this one; what is not downstream of a change is not run again."""
    started = await parts.commands.fork(
        run_id,
        by,
        at=body.at,
        values=body.values,
        inputs=body.inputs,
        refs=plain_refs(body.refs),
        key=idempotency_key,
    )
    return RunStarted(run_id=started.run, status=started.status)


@router.post("/runs/{run_id}/replay", status_code=201)
async def replay(
    parts: Parts,
    by: Caller,
    run_id: RunId,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RunStarted:
    """Start a run that computes this one again from its record; its result is the verdict."""
    started = await parts.commands.replay(run_id, by, key=idempotency_key)
    return RunStarted(run_id=started.run, status=started.status)


@router.get("/runs")
async def list_runs(
    parts: Parts,
    by: Caller,
    status: str | None = None,
    stuck: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> RunList:
    """The newest runs; with `stuck`, those that nothing will ever move again."""
    return RunList(
        runs=await parts.runs.newest(by.workspace, status=status, stuck=stuck, limit=limit)
    )


@router.get("/runs/{run_id}")
async def get_run(parts: Parts, by: Caller, run_id: RunId) -> RunDetail:
    """A run with its steps and questions."""
    return await parts.runs.get(by.workspace, run_id)


@router.get("/runs/{run_id}/flow")
async def get_flow(parts: Parts, by: Caller, run_id: RunId) -> dict[str, Any]:
    """The pinned flow of a run, with subflows expanded."""
    spec, _ = await parts.runs.flow(by.workspace, run_id)
    return spec


@router.get("/runs/{run_id}/plan")
async def get_plan(parts: Parts, by: Caller, run_id: RunId) -> dict[str, Any]:
    """The plan that a run walks."""
    _, plan = await parts.runs.flow(by.workspace, run_id)
    return plan


@router.get("/runs/{run_id}/graph")
async def get_graph(parts: Parts, by: Caller, run_id: RunId) -> dict[str, Any]:
    """The pinned flow of a run as a canvas draws it, with the blocks it was pinned to."""
    return await asyncio.to_thread(_drawn, *await parts.runs.pinned(by.workspace, run_id))


def _drawn(spec: dict[str, Any], pinned: dict[str, Any]) -> dict[str, Json]:
    by_version = {name: Signature.model_validate(each) for name, each in pinned.items()}
    by_name = {each.block: each for each in by_version.values()}
    return graph_of(parse(spec), {**by_name, **by_version})


@router.get("/runs/{run_id}/events")
async def get_events(
    parts: Parts,
    by: Caller,
    run_id: RunId,
    after: int = START,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> Response:
    """One page of a run's events; the WebSocket on the same path goes on by itself."""
    await parts.runs.must_exist(by.workspace, run_id)
    page = await events_after(parts.pool, run_id, Seq(after), limit)
    return Response(
        f'{{"events":[{",".join(e.text for e in page)}]}}', media_type="application/json"
    )


@router.post("/runs/{run_id}/cancel", status_code=202)
async def cancel(parts: Parts, by: Caller, run_id: RunId, body: Cancel | None = None) -> RunStarted:
    """Stop a run."""
    await parts.commands.cancel(run_id, by, body.reason if body else "")
    return RunStarted(run_id=run_id, status="cancelled")


@router.post("/blobs", status_code=201)
async def put_blob(parts: Parts, by: Caller, request: Request) -> Ref:
    """Keep the bytes of a value that is no JSON, so that a run can have it as an input."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip()
    if schema_of_media(media_type) is None:
        raise UnknownMedia(media_type)
    payload = Payload(await request.body(), media_type)
    sha256 = await parts.blobs.put(by.workspace, payload, owner=by.user, caller=by.user)
    return Ref(ref=sha256, media_type=media_type, size=len(payload.data))


def plain_refs(refs: dict[str, Ref]) -> dict[str, dict[str, Json]]:
    """As the engine takes them."""
    return {name: ref.model_dump(exclude_none=True) for name, ref in refs.items()}


@router.get("/blobs/{sha256}")
async def get_blob(parts: Parts, by: Caller, sha256: str) -> Response:
    """A value kept by reference, as what it is."""
    payload = await parts.blobs.get(by.workspace, sha256)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(payload.data, media_type=payload.media_type, headers=headers)
