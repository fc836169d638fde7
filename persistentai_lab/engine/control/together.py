"""Several flows under way at a time, but not too many."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from ..pulse import Pulse
from ..scope import Slot

Work = Callable[[Slot], Coroutine[Any, Any, None]]


class Together:
    """Does one work after the other, so many at once. What waits for a person does not count.

    Each counts as at work by itself. Whoever waits for all of them does not meanwhile, and gets the
    count of the last one (see `Pulse`).
    """

    def __init__(self, pulse: Pulse, at_once: int) -> None:
        self._pulse = pulse
        self._places = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: asyncio.Future[None] | None = None
        self._error: BaseException | None = None

    async def do(self, works: Iterable[Work]) -> None:
        """Return when all is done. The first error ends the rest, and is raised as it is."""
        try:
            for work in works:
                slot = Slot(self._places)
                await slot.take()
                if self._error is not None:
                    raise self._error
                self._pulse.begin()
                task = asyncio.ensure_future(self._one(work, slot))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
            await self._all_ended()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _all_ended(self) -> None:
        if not self._tasks:
            if self._error is not None:
                raise self._error
            return
        self._idle = asyncio.get_running_loop().create_future()
        self._pulse.end()
        try:
            await self._idle
        except asyncio.CancelledError:
            if self._idle.cancelled():  # no last one has left its count to us
                self._pulse.begin()
            raise

    async def _one(self, work: Work, slot: Slot) -> None:
        try:
            await work(slot)
        finally:
            slot.give()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._error = self._error or error
        if self._idle is None or self._idle.done():
            self._pulse.end()
        elif self._error is not None:
            self._idle.set_exception(self._error)
        elif not self._tasks:
            self._idle.set_result(None)
        else:
            self._pulse.end()
