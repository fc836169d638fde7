"""What people may do to a run under way: pause it, let it go on, by one step too, and halt it.

Each command is one transaction with its events, and may come twice: what holds already stays.
Locks are taken in one order: DBOS's status row, the run.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from ...errors import NotPaused
from ...events import model as events
from ...ids import Json, RunId
from ...security.identity import Identity
from ..legs import LegQueue
from .append import append, execute
from .breakpoints import clear_breakpoint, set_breakpoints, set_down
from .changing import change_values
from .held import Steered, hold, tell
from .onward import next_leg
from .pinned import Refs
from .transact import transact

NO_REFS: Refs = {}

T = TypeVar("T")


class _Moved(Exception):
    """The run went on while we waited for its lock."""


class Steering:
    """Carries the commands out. Synchronous inside (DBOS enqueues so), asked from a loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._queue = LegQueue()

    async def pause(self, run: RunId, by: Identity) -> Steered:
        """Let a run start nothing more; when what is under way is recorded, it is paused.

        Raises:
            RunEnded: There is nothing left to pause.
        """
        return await self._do(self._pause, run, by)

    async def resume(self, run: RunId, by: Identity) -> Steered:
        """Let a paused run go on; one that is not paused does so anyway.

        Raises:
            RunEnded: There is nothing left of it.
        """
        return await self._do(self._resume, run, by)

    async def step(self, run: RunId, by: Identity) -> Steered:
        """Let a paused run start one node, the first in the order of its plan; then it pauses.

        Raises:
            NotPaused: It is under way.
            RunEnded: There is nothing left of it.
        """
        return await self._do(self._step, run, by)

    async def break_at(
        self, run: RunId, node: str, by: Identity, *, when: str | None = None
    ) -> Steered:
        """Let a run pause before a node, if it comes there and the condition holds.

        Raises:
            ConditionInvalid: The condition says what conditions cannot say.
            NodeNotFound: There is no such node.
            RunEnded: It comes nowhere any more.
        """
        return await self._do(self._break_at, run, by, {node: when})

    async def clear_break(self, run: RunId, node: str, by: Identity) -> Steered:
        """Let a run no longer pause before a node."""
        return await self._do(self._clear_break, run, by, node)

    async def change(
        self,
        run: RunId,
        node: str,
        values: Mapping[str, Json],
        by: Identity,
        *,
        refs: Refs = NO_REFS,
    ) -> Steered:
        """Put values in the place of a recorded step's outputs, or of a coming one's literals.

        Raises:
            FlowInvalid: A port is not there, is fed by an edge, or the value does not fit it.
            NodeNotFound: There is no such node.
            NotPaused: It is under way.
            RunEnded: Nothing of it is to come.
            ValueUsed: What depends on the value has begun already.
        """
        return await self._do(self._change, run, by, node, values, refs)

    async def _do(self, work: Callable[..., T], *args: Any) -> T:
        def insist() -> T:
            while True:
                try:
                    return transact(self._engine, lambda connection: work(connection, *args))
                except _Moved:
                    continue

        return await asyncio.to_thread(insist)

    def _pause(self, connection: sa.Connection, run: RunId, by: Identity) -> Steered:
        key = {"run": run, "workspace": by.workspace}
        seen = execute(connection, _SEEN, key).one_or_none()
        taken = (
            seen is not None
            and seen.status == "queued"
            and self._queue.take_back(connection, run, seen.leg)
        )
        held = hold(connection, run, by)
        if taken and (held.status, held.leg) != (seen.status, seen.leg):
            raise _Moved
        if taken or held.status == "waiting":
            set_down(connection, run, by)
            return held.steered("paused")
        if held.status == "paused" or held.orders.wish is not None:
            return held.steered()
        execute(connection, _WISH, key | {"wish": "pause", "by": by.user})
        append(connection, run, [events.RunWished(wish="pause", by=by.user)])
        tell(connection, run)
        return held.steered(held.status, "pause")

    def _resume(self, connection: sa.Connection, run: RunId, by: Identity) -> Steered:
        held = hold(connection, run, by)
        if held.status == "paused":
            next_leg(self._queue, connection, run, held.leg, by=by.user)
            return held.steered("queued")
        if held.orders.wish is None:
            return held.steered()
        key = {"run": run, "workspace": by.workspace}
        execute(connection, _WISH, key | {"wish": None, "by": None})
        append(connection, run, [events.RunWished(wish="go_on", by=by.user)])
        tell(connection, run)
        return held.steered(held.status)

    def _step(self, connection: sa.Connection, run: RunId, by: Identity) -> Steered:
        held = hold(connection, run, by)
        if held.status == "paused":
            next_leg(self._queue, connection, run, held.leg, by=by.user, wish="step")
            return held.steered("queued", "step")
        if held.orders.wish == "step":
            return held.steered()
        raise NotPaused(
            f"Run {run} is {held.status}, not paused.",
            remedy="Pause it first; when what is under way has finished, it can be stepped.",
        )

    def _break_at(
        self, connection: sa.Connection, run: RunId, by: Identity, points: Mapping[str, str | None]
    ) -> Steered:
        held = hold(connection, run, by)
        set_breakpoints(connection, held, by, points)
        return held.steered()

    def _clear_break(
        self, connection: sa.Connection, run: RunId, by: Identity, node: str
    ) -> Steered:
        held = hold(connection, run, by)
        clear_breakpoint(connection, held, by, node)
        return held.steered()

    def _change(
        self,
        connection: sa.Connection,
        run: RunId,
        by: Identity,
        node: str,
        values: Mapping[str, Json],
        refs: Refs,
    ) -> Steered:
        held = hold(connection, run, by)
        change_values(connection, held, by, node, values, refs)
        return held.steered()


_SEEN = "SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s"
_WISH = """
UPDATE pai.run SET wish = %(wish)s, wished_by = %(by)s
WHERE id = %(run)s AND workspace = %(workspace)s
"""
