"""Threads for bodies that are plain functions: what a call costs beside its work."""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_Call = tuple["asyncio.Future[T]", Context, Callable[[], T]]


class Threads(Generic[T]):
    """As many as are at work at once; for one loop.

    A call takes a third of what `asyncio.to_thread` or anyio take, which matters for bodies of a
    few microseconds. They are daemons, so one that hangs for ever holds up no exit.
    """

    def __init__(self) -> None:
        """Starts none."""
        self._calls: SimpleQueue[_Call[T] | None] = SimpleQueue()
        self._idle = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work`, which must not raise. Cancelled, nobody waits for it any more."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put((future, copy_context(), work))
        if self._idle:
            self._idle -= 1
        else:
            Thread(target=self._serve, name="body", daemon=True).start()
        return await future

    def close(self) -> None:
        """End those that have nothing to do."""
        for _ in range(self._idle):
            self._calls.put(None)
        self._idle = 0

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            future, context, work = call
            result = context.run(work)
            try:
                future.get_loop().call_soon_threadsafe(self._settle, future, result)
            except RuntimeError:  # the loop is closed
                return
            del call, future, context, work, result  # nothing is kept until the next call

    def _settle(self, future: asyncio.Future[T], result: T) -> None:
        self._idle += 1
        if not future.done():
            future.set_result(result)
