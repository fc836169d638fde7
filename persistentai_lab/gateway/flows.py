"""Flows and blocks over HTTP: what there is, what is wrong, what the plan would be."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from ..errors import FlowInvalid
from ..flow.codec import parse
from ..flow.expand import expand
from ..flow.signature import Signature
from ..ids import Json
from ..plan import compile_plan, explain
from .runs import Code
from .services import Caller, Parts

router = APIRouter(tags=["flows"])


class Drawn(BaseModel):
    """A flow to look at, without running it."""

    flow: dict[str, Json]
    code: list[Code] = []
    strict: bool = False


class Blocks(BaseModel):
    """The catalogue."""

    blocks: list[Signature]


class Problems(BaseModel):
    """Everything that is wrong; empty when the flow can run."""

    problems: list[dict[str, Json]]


class Explained(BaseModel):
    """A plan, for programs and for people."""

    plan: dict[str, Any]
    text: str
    mermaid: str


class Health(BaseModel):
    """Whether runs can be started and are worked on."""

    status: Literal["ok", "degraded"]
    database: bool
    workers: int
    version: str


@router.get("/blocks")
async def blocks(parts: Parts, by: Caller) -> Blocks:
    """Every built-in block."""
    return Blocks(blocks=list(parts.builtin.values()))


@router.post("/flows/check")
async def check(parts: Parts, by: Caller, body: Drawn) -> Problems:
    """Every problem of a flow, each with its remedy."""
    try:
        flow = parse(body.flow)
    except FlowInvalid as error:
        return Problems(problems=[problem.to_json() for problem in error.problems])
    modules = tuple(code.pinned() for code in body.code)
    found = await asyncio.to_thread(parts.commands.problems, flow, modules)
    return Problems(problems=[problem.to_json() for problem in found])


@router.post("/flows/plan")
async def plan(parts: Parts, by: Caller, body: Drawn) -> Explained:
    """The plan of a flow."""
    flow = parse(body.flow)
    compiled = await asyncio.to_thread(lambda: compile_plan(expand(flow), strict=body.strict))
    return Explained(
        plan=compiled.to_json(),
        text=explain(compiled, "text"),
        mermaid=explain(compiled, "mermaid"),
    )
