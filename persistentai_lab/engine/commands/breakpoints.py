"""Where a run is to pause: before nodes, on conditions over what flows in, and at its beginning."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from ...errors import NodeNotFound
from ...events import model as events
from ...ids import NodeId, RunId
from ...security.identity import Identity
from ..legs import LegQueue
from ..records.orders import Breakpoint
from ..records.record import Version
from ..steps.condition import read_condition
from .append import append, execute
from .held import Held, hold, tell, version_of
from .starting import Started


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
    for node, when in new.items():
        _append(connection, held, version, node, events.BreakpointSet(when=when, by=by.user))
    tell(connection, held.run)


def clear_breakpoint(connection: sa.Connection, held: Held, by: Identity, node: str) -> None:
    """Take a breakpoint away, if there is one."""
    rest = {**held.orders.breakpoints}
    if rest.pop(node, None) is None:
        return
    _write(connection, held.run, rest)
    version = version_of(connection, held.run)
    _append(connection, held, version, node, events.BreakpointCleared(by=by.user))
    tell(connection, held.run)


def _append(
    connection: sa.Connection,
    held: Held,
    version: Version,
    node: str,
    fact: events.BreakpointSet | events.BreakpointCleared,
) -> None:
    """Tell it of the node; one in flows inside is no node of the run before it begins."""
    path = version.plan.paths.get(NodeId(node))
    if path is None:
        append(connection, held.run, [fact.model_copy(update={"inside": node})])
    else:
        append(connection, held.run, [fact], paths=[path], nodes=[node])


def _check(version: Version, run: RunId, node_id: str, when: str | None) -> None:
    try:
        found, node = version.locate(node_id.replace("/*", "/0"))
    except LookupError:
        raise NodeNotFound(
            f"Run {run} has no node {node_id!r}.",
            remedy=f"It has {', '.join(it.id for it in version.spec.nodes)}. A node inside a "
            "control node is named `each/*/node`, or with a number instead of the star.",
        ) from None
    if when is not None:
        ports = found.signature(node).inputs
        read_condition(when, frozenset(port.name for port in ports))


def _write(connection: sa.Connection, run: RunId, points: dict[str, Breakpoint]) -> None:
    kept = json.dumps({node: point.to_json() for node, point in points.items()})
    execute(connection, _BREAKPOINTS, {"run": run, "points": kept if points else None})


_PAUSED = """
UPDATE pai.run SET status = 'paused', wish = NULL, wished_by = NULL WHERE id = %(run)s
"""
_BREAKPOINTS = "UPDATE pai.run SET breakpoints = %(points)s::json WHERE id = %(run)s"
