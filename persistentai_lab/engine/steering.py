"""What people may do to a run under way: pause it, let it go on, by one step too, and halt it.

Each command is one transaction with its events, and may come twice: what holds already stays.
Locks are taken in one order: DBOS's status row, the run.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa

from ..errors import NodeNotFound, NotPaused, RunEnded, RunNotFound
from ..events import model as events
from ..ids import RunId
from ..security.identity import Identity
from ..storage.hints import WISHES
from .append import append, execute
from .condition import read_condition
from .legs import LegQueue
from .onward import next_leg
from .orders import Breakpoint, Orders
from .record import Version, parse_version
from .starting import Started
from .transact import transact

T = TypeVar("T")

ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Steered:
    """A run after a command."""

    run: RunId
    status: str
    wish: str | None = None
    """`pause` or `step`, while what is under way is still to finish."""


class _Moved(Exception):
    """The run went on while we waited for its lock."""


@dataclass(frozen=True, slots=True)
class Held:
    """A run whose row we have locked."""

    run: RunId
    status: str
    leg: int
    orders: Orders

    def steered(self, status: str | None = None, wish: str | None = None) -> Steered:
        """As it is after a command; left out, as it was before."""
        if status is None:
            return Steered(self.run, self.status, self.orders.wish)
        return Steered(self.run, status, wish)


class Steering:
    """Carries the commands out. Synchronous inside (DBOS enqueues so), asked from a loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._queue = LegQueue(engine)

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
        _tell(connection, run)
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
        _tell(connection, run)
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
        rest = {**held.orders.breakpoints}
        if rest.pop(node, None) is not None:
            version = version_of(connection, run)
            _write(connection, run, rest)
            path = version.plan.paths[node]  # type: ignore[index]
            fact = events.BreakpointCleared(by=by.user)
            append(connection, run, [fact], paths=[path], nodes=[node])
            _tell(connection, run)
        return held.steered()


@dataclass(frozen=True, slots=True)
class Halts:
    """Where a run is to pause from its beginning."""

    breakpoints: Mapping[str, str | None]
    paused: bool

    def put_up(
        self, queue: LegQueue, connection: sa.Connection, started: Started, by: Identity
    ) -> Started:
        """In the transaction that starts the run; not again when the same wish comes again."""
        if not started.is_new or not (self.breakpoints or self.paused):
            return started
        held = hold(connection, started.run, by)
        set_breakpoints(connection, held, by, self.breakpoints)
        if not self.paused:
            return started
        queue.take_back(connection, started.run, held.leg)
        set_down(connection, started.run, by)
        return replace(started, status="paused")


def set_down(connection: sa.Connection, run: RunId, by: Identity) -> None:
    """Make a run paused that nobody walks; the caller holds its lock."""
    execute(connection, _PAUSED, {"run": run})
    paused = events.RunPaused(reason=f"paused by {by.user}", by=by.user)
    append(connection, run, [paused])


def hold(connection: sa.Connection, run: RunId, by: Identity) -> Held:
    """Lock a run that has not ended. Raises `RunNotFound`, `RunEnded`."""
    key = {"run": run, "workspace": by.workspace}
    row = execute(connection, _LOCK, key).one_or_none()
    if row is None:
        raise RunNotFound(run)
    status, leg, *orders = row
    if status in ENDED:
        raise RunEnded(
            f"Run {run} has ended ({status}).",
            remedy="It stays as it is. To run it again from a node, fork it.",
        )
    return Held(run, status, leg, Orders.from_row(*orders))


def set_breakpoints(
    connection: sa.Connection, held: Held, by: Identity, points: Mapping[str, str | None]
) -> None:
    """Add breakpoints, node → condition. Raises `NodeNotFound`, `ConditionInvalid`."""
    version = version_of(connection, held.run)
    known = held.orders.breakpoints
    new = {
        node: when for node, when in points.items() if node not in known or known[node].when != when
    }
    for node, when in new.items():
        _check(version, held.run, node, when)
    if not new:
        return
    added = {node: Breakpoint(by.user, when) for node, when in new.items()}
    _write(connection, held.run, {**known, **added})
    facts: list[events.Event] = [
        events.BreakpointSet(when=when, by=by.user) for when in new.values()
    ]
    paths = [version.plan.paths[node] for node in new]  # type: ignore[index]
    append(connection, held.run, facts, paths=paths, nodes=list(new))
    _tell(connection, held.run)


def version_of(connection: sa.Connection, run: RunId) -> Version:
    """What a run is pinned to."""
    return parse_version(*execute(connection, _PINNED, {"run": run}).one())


def _check(version: Version, run: RunId, node_id: str, when: str | None) -> None:
    node = version.spec.node(node_id)
    if node is None:
        raise NodeNotFound(
            f"Run {run} has no node {node_id!r}.",
            remedy=f"It has {', '.join(it.id for it in version.spec.nodes)}.",
        )
    if when is not None:
        ports = version.signature(node).inputs
        read_condition(when, frozenset(port.name for port in ports))


def _write(connection: sa.Connection, run: RunId, points: dict[str, Breakpoint]) -> None:
    kept = json.dumps({node: point.to_json() for node, point in points.items()})
    execute(connection, _BREAKPOINTS, {"run": run, "points": kept if points else None})


def _tell(connection: sa.Connection, run: RunId) -> None:
    """A hint, sent with the commit; a worker that misses it looks when it listens again."""
    execute(connection, "SELECT pg_notify(%(channel)s, %(run)s)", {"channel": WISHES, "run": run})


_SEEN = "SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s"
_LOCK = """
SELECT status, leg, seq, wish, wished_by, breakpoints FROM pai.run
WHERE id = %(run)s AND workspace = %(workspace)s FOR UPDATE
"""
_PINNED = """
SELECT v.spec::text, v.plan::text, v.signatures::text
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash) WHERE r.id = %(run)s
"""
_PAUSED = """
UPDATE pai.run SET status = 'paused', wish = NULL, wished_by = NULL WHERE id = %(run)s
"""
_WISH = """
UPDATE pai.run SET wish = %(wish)s, wished_by = %(by)s
WHERE id = %(run)s AND workspace = %(workspace)s
"""
_BREAKPOINTS = "UPDATE pai.run SET breakpoints = %(points)s::json WHERE id = %(run)s"
