"""Walks a flow to its end, or until only people can let it go on: then its run is set down."""

import asyncio
from enum import Enum, auto

from ..events import model as events
from .clock import now
from .records.batch import Batch, EventRow, RunChange
from .records.recorder import Recorder
from .steps.asking import People
from .steps.pausing import Gate
from .steps.steps import Steps


class Walked(Enum):
    """How far a leg came."""

    AS_FAR_AS_IT_GOES = auto()
    PARKED = auto()
    """The run waits for people, and this leg is over."""
    ANEW = auto()
    """Somebody wants something else of the run: its orders are to be read again."""


async def walk(steps: Steps, people: People, gate: Gate, recorder: Recorder) -> Walked:
    """Walk; answers that come meanwhile let their branches go on. Raises what broke the record."""
    people.pulse.begin()
    walking = asyncio.ensure_future(steps.walk(steps.root))
    try:
        while not await _ended(walking, people, recorder):
            if steps.root.failed or gate.is_closed or gate.has_refused:
                break
            if await recorder.park(_parked(people.reason), people.open):
                return Walked.PARKED
            await people.look()
            if people.pulse.is_still:
                return Walked.ANEW
    finally:
        walking.cancel()
        await asyncio.gather(walking, return_exceptions=True)
    return Walked.AS_FAR_AS_IT_GOES


async def _ended(walking: asyncio.Future[None], people: People, recorder: Recorder) -> bool:
    """True when all is walked, False when nothing can go on by itself."""
    still = asyncio.ensure_future(people.pulse.still())
    try:
        ends = {walking, still, recorder.broken}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        still.cancel()
    if recorder.broken.done():
        recorder.broken.result()
    if walking.done():
        walking.result()
    return walking.done()


def _parked(reason: str) -> Batch:
    paused = events.RunPaused(reason=reason)
    return Batch(events=[EventRow(now(), paused.model_dump_json())], run=RunChange("waiting"))
