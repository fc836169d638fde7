"""Control of a run over HTTP: pause, resume, step, breakpoints. Every command may come twice."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from ..engine.commands.held import Steered
from ..ids import Json, RunId
from .runs import Ref, plain_refs
from .services import Caller, Parts

router = APIRouter(tags=["control of a run"], prefix="/runs/{run_id}")


class RunSteered(BaseModel):
    """The run after the command."""

    run_id: RunId
    status: str
    wish: str | None
    """`pause` or `step`, while what is under way is still to finish."""

    @classmethod
    def of(cls, steered: Steered) -> "RunSteered":
        """As it travels."""
        return cls(run_id=steered.run, status=steered.status, wish=steered.wish)


class Values(BaseModel):
    """What is to count instead: of a recorded node's outputs, else of its literals, by port."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Json] = {}
    refs: dict[str, Ref] = {}
    """Outputs that are no JSON; their bytes were sent to `/blobs`."""


class Breakpoint(BaseModel):
    """When a run is to pause before a node."""

    model_config = ConfigDict(extra="forbid")

    when: str | None = None
    """A comparison of the node's inputs, as `n > 3`; left out, always."""


@router.post("/pause", status_code=202)
async def pause(parts: Parts, by: Caller, run_id: RunId) -> RunSteered:
    """Let a run start nothing more; it is paused when what is under way is recorded."""
    return RunSteered.of(await parts.steering.pause(run_id, by))


@router.post("/resume", status_code=202)
async def resume(parts: Parts, by: Caller, run_id: RunId) -> RunSteered:
    """Let a paused run go on."""
    return RunSteered.of(await parts.steering.resume(run_id, by))


@router.post("/step", status_code=202)
async def step(parts: Parts, by: Caller, run_id: RunId) -> RunSteered:
    """Let a paused run start one node, then pause again."""
    return RunSteered.of(await parts.steering.step(run_id, by))


@router.put("/breakpoints/{node:path}")
async def break_at(
    parts: Parts, by: Caller, run_id: RunId, node: str, body: Breakpoint | None = None
) -> RunSteered:
    """Let a run pause before a node."""
    when = body.when if body else None
    return RunSteered.of(await parts.steering.break_at(run_id, node, by, when=when))


@router.delete("/breakpoints/{node:path}")
async def clear_break(parts: Parts, by: Caller, run_id: RunId, node: str) -> RunSteered:
    """Let a run no longer pause before a node."""
    return RunSteered.of(await parts.steering.clear_break(run_id, node, by))


@router.put("/values/{node:path}")
async def change(parts: Parts, by: Caller, run_id: RunId, node: str, body: Values) -> RunSteered:
    """Put values in the place of a node's, while the run is paused. Its record stays as it is."""
    steered = await parts.steering.change(run_id, node, body.values, by, refs=plain_refs(body.refs))
    return RunSteered.of(steered)
