"""The worker's children: nurseries by kind, and one fork for each call.

A child that hangs or dies takes nothing with it. It is waited for before a body's time begins to
run: starting a Python and importing is not the body's doing.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace

from ...memory.layer import Ask
from ...security.sandbox import Sandbox, Sandlock
from .child import Reply
from .context import Say
from .conversation import Call, Draft
from .died import ChildDied, NotBegun
from .kinds import Kind
from .nursery_client import Nursery

__all__ = ["Call", "ChildDied", "Children"]

NURSERIES = 8
"""So many stay, the last used; each shares its memory with the one it was forked from."""
IDLE_S = 300.0
"""A nursery that nobody needed for so long is let go."""


class Children:
    """Runs calls in children, so many at once as there are places."""

    def __init__(self, most: int, draft: Draft, sandbox: Sandbox | None = None) -> None:
        self._places = asyncio.Semaphore(most)
        self._draft = draft
        self._sandbox = sandbox or Sandlock()
        self._nurseries: OrderedDict[Kind, asyncio.Task[Nursery]] = OrderedDict()
        self._loads_itself: set[Kind] = set()

    async def perform(
        self, call: Call, kind: Kind, say: Say, ask: Ask, *, timeout_s: float | None
    ) -> Reply:
        """Have a body run. A child whose body is cancelled or too slow is killed.

        Raises:
            ChildDied: The process ended in the middle.
            NodeError: There can be no such process: a package is missing, the text does not load.
            TimeoutError: The body took longer than `timeout_s`.
        """
        async with self._places:
            try:
                return await self._perform(call, kind, say, ask, timeout_s)
            except NotBegun:
                return await self._perform(call, kind, say, ask, timeout_s)  # in another nursery

    async def warm(self) -> None:
        """Have a nursery ready."""
        await self._nursery(Kind.ours())

    def close(self) -> None:
        """Let go of all nurseries; with them their forks end."""
        for starting in self._nurseries.values():
            _let_go(starting)
        self._nurseries.clear()

    async def _perform(
        self, call: Call, kind: Kind, say: Say, ask: Ask, timeout_s: float | None
    ) -> Reply:
        if kind in self._loads_itself:
            kind = replace(kind, shares_text=False)
        nursery = await self._nursery(kind)
        if kind in self._loads_itself:  # known by now
            kind = replace(kind, shares_text=False)
        async with asyncio.timeout(timeout_s):
            return await nursery.perform(call, kind, say, self._draft, ask)

    async def _nursery(self, kind: Kind) -> Nursery:
        starting = self._nurseries.get(kind)
        if starting is None or (_is_started(starting) and not starting.result().is_fit):
            starting = asyncio.create_task(self._start(kind), name="nursery starts")
            starting.add_done_callback(lambda done: self._forget_if_failed(kind, done))
            self._nurseries[kind] = starting
        self._nurseries.move_to_end(kind)
        self._let_go_of_some(kind)
        return await asyncio.shield(starting)

    async def _start(self, kind: Kind) -> Nursery:
        base = replace(kind, text=None, shares_text=True)
        if kind.is_nested and kind != Kind.ours():
            base_nursery = await self._nursery(Kind.ours())
            nursery = await base_nursery.nest(kind)
        else:
            nursery = await Nursery.spawn(base, self._sandbox)
        if kind.text is None or not kind.shares_text:
            return nursery
        shares = await nursery.load(kind)
        if not shares:
            nursery.end()
            self._loads_itself.add(kind)
            self._nurseries.pop(kind, None)  # or what comes instead would be there twice
            return await self._nursery(replace(kind, shares_text=False))
        return nursery

    def _forget_if_failed(self, kind: Kind, starting: "asyncio.Task[Nursery]") -> None:
        failed = starting.cancelled() or starting.exception() is not None
        if failed and self._nurseries.get(kind) is starting:
            del self._nurseries[kind]

    def _let_go_of_some(self, but: Kind) -> None:
        now, ours = time.monotonic(), Kind.ours()
        for kind, starting in list(self._nurseries.items()):
            if kind in (but, ours) or not _is_started(starting):
                continue
            nursery = starting.result()
            is_one_too_many = len(self._nurseries) > NURSERIES
            is_idle = nursery.used_at < now - IDLE_S
            if nursery.is_over or (not nursery.is_busy and (is_one_too_many or is_idle)):
                del self._nurseries[kind]
                nursery.end()


def _is_started(starting: "asyncio.Task[Nursery]") -> bool:
    return starting.done() and not starting.cancelled() and starting.exception() is None


def _let_go(starting: "asyncio.Task[Nursery]") -> None:
    if _is_started(starting):
        starting.result().end()
    else:
        starting.cancel()
