"""Signals over HTTP: anybody with access tells the flows that wait."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict

from ..engine.commands.signals import KEEP_S
from ..ids import Json
from .services import Caller, Parts

router = APIRouter(tags=["signals"])


class Signal(BaseModel):
    """What to tell."""

    model_config = ConfigDict(extra="forbid")

    value: Json = None
    keep_s: float = KEEP_S
    """For how long it is kept for a run to come, in seconds."""


class Emitted(BaseModel):
    """The signal was taken; runs get it whatever happens to whoever emitted it."""

    number: int


@router.post("/signals/{name:path}", status_code=202)
async def emit(
    parts: Parts,
    by: Caller,
    name: str,
    body: Signal,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Emitted:
    """Emit a signal. With the same `Idempotency-Key` twice, it is one signal."""
    number = await parts.signals.emit(name, body.value, by, key=idempotency_key, keep_s=body.keep_s)
    return Emitted(number=number)
