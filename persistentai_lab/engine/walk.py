"""Runs every node as soon as what it waits for is there. Knows nothing of durability.

Data gates the start; the plan gave each node its identity. So nothing here depends on who
finishes first. What comes after a node goes on in the node's own task.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from ..ids import NodeId
from .pulse import Pulse

TURN_S = 0.005
"""Nodes that never wait let others have their turn after so long."""

RunNode = Callable[[NodeId], Awaitable[bool]]
"""Run a node; True when its outputs are there and what depends on it may start."""


class Walk:
    """One walk over a plan's `before` relation."""

    def __init__(
        self,
        before: Mapping[NodeId, Collection[NodeId]],
        done: Collection[NodeId],
        run: RunNode,
        pulse: Pulse | None = None,
        races: Collection[NodeId] = (),
        beaten: Callable[[], Iterable[NodeId]] = tuple,
    ) -> None:
        """Starts nothing.

        Args:
            before: What each node waits for.
            done: Nodes that need not run.
            run: Runs one.
            pulse: Counts what is at work.
            races: Nodes that start as soon as any one of what they wait for is done.
            beaten: Those of them that start because nothing they wait for can be done any more.
        """
        self._run = run
        self._beaten = beaten
        self._pulse = pulse or Pulse()
        self._stopped = False
        self._after: dict[NodeId, list[NodeId]] = {node: [] for node in before}
        self._missing: dict[NodeId, int] = {}
        finished = set(done)
        for node, needs in before.items():
            if node in finished:
                continue
            missing = [need for need in needs if need not in finished]
            is_there = len(missing) < len(needs) or not needs
            self._missing[node] = int(not is_there) if node in races else len(missing)
            for need in missing:
                self._after[need].append(node)
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: asyncio.Future[None] | None = None

    async def to_the_end(self) -> None:
        """Return when nothing runs and nothing more can start. Raises what a node raised.

        Whoever waits here counts as at work before and after, and its nodes do meanwhile.
        """
        self._idle = asyncio.get_running_loop().create_future()
        for node in [node for node, missing in self._missing.items() if missing == 0]:
            self._start(node)
        self._start_beaten()
        if not self._tasks:
            return
        self._pulse.end()
        try:
            await self._idle
        except asyncio.CancelledError:
            if self._idle.cancelled():  # no last task has left its count to us
                self._pulse.begin()
            raise
        finally:
            self._stopped = True
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self) -> None:
        """Start nothing more; what runs may finish."""
        self._stopped = True

    def _start(self, node: NodeId) -> None:
        self._pulse.begin()
        task = asyncio.create_task(self._visit(node), name=node)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _visit(self, node: NodeId) -> None:
        turn_ends = time.monotonic() + TURN_S
        at: NodeId | None = node
        while at is not None:
            if not await self._run(at):
                self._start_beaten()
                return
            at = self._next(at)
            if time.monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.monotonic() + TURN_S

    def _start_beaten(self) -> None:
        for race in () if self._stopped else self._beaten():
            if self._missing.get(race):
                self._missing[race] = 0
                self._start(race)

    def _next(self, node: NodeId) -> NodeId | None:
        """The first node that can start now that this one is done; the others are started."""
        first: NodeId | None = None
        for after in self._after[node]:
            self._missing[after] -= 1
            if self._missing[after] or self._stopped:
                continue
            if first is None:
                first = after
            else:
                self._start(after)
        return first

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._idle is None or self._idle.done():
            self._pulse.end()
        elif not task.cancelled() and (error := task.exception()):
            self._idle.set_exception(error)
        elif not self._tasks:
            self._idle.set_result(None)
        else:
            self._pulse.end()
