"""How long values are kept, over HTTP: look, choose, sweep now."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..engine.retention import Swept
from ..storage.policy import Policy
from .services import Caller, Parts

router = APIRouter(tags=["retention"])

REQUEST_S = 5.0
"""How long one request sweeps; whoever wants more asks again."""
DAYS_MAX = 365 * 1_000

Days = Annotated[int | None, Field(ge=0, le=DAYS_MAX)]


class Kept(BaseModel):
    """How long a workspace keeps the values of runs that have ended."""

    model_config = ConfigDict(extra="forbid")

    keep_days: Days = Policy().keep_days
    """Since a run ended; null keeps them for ever."""
    keep_failed_days: Days = Policy().keep_failed_days
    keep_last: int = Field(default=Policy().keep_last, ge=0)
    """So many runs of each flow are kept, however old they are."""

    def policy(self) -> Policy:
        """As storage takes it."""
        return Policy(**self.model_dump())


class Sweep(BaseModel):
    """What a sweep did, or would do."""

    runs: int
    """Whose values went."""
    blobs: int
    blob_bytes: int
    legs: int
    longest_s: float
    """For how long rows were held at most."""
    more: bool
    """Whether to ask again."""

    @classmethod
    def of(cls, swept: Swept) -> "Sweep":
        """As the engine tells it."""
        return cls.model_validate(swept, from_attributes=True)


class Retained(BaseModel):
    """The policy, and what a sweep would do now."""

    policy: Kept
    due: Sweep


@router.get("/retention")
async def look(parts: Parts, by: Caller) -> Retained:
    """How long this workspace keeps values, and what a sweep would let go of now."""
    policy = await parts.policies.of(by.workspace)
    due = await parts.retention.would(by.workspace, policy)
    kept = Kept.model_validate(policy, from_attributes=True)
    return Retained(policy=kept, due=Sweep.of(due))


@router.post("/retention/would")
async def would(parts: Parts, by: Caller, body: Kept) -> Sweep:
    """What a sweep would let go of under another policy."""
    return Sweep.of(await parts.retention.would(by.workspace, body.policy()))


@router.put("/retention")
async def choose(parts: Parts, by: Caller, body: Kept) -> Retained:
    """Choose how long. Nothing goes at once; a worker looks now and then."""
    await parts.policies.set(by.workspace, body.policy(), by.user)
    return await look(parts, by)


@router.post("/retention/sweep")
async def sweep(parts: Parts, by: Caller) -> Sweep:
    """Let go of what is due, for some seconds. With `more`, ask again."""
    return Sweep.of(await parts.retention.sweep(by.workspace, at_most_s=REQUEST_S))
