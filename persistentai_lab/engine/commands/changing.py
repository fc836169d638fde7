"""Changing a value while a run is paused: what a recorded step gave, or a literal of one to come.

Nothing that has happened is made untrue: what has been used already cannot be changed, for that
there is a fork. So every recorded step still has the inputs that its record says.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...errors import Conflict, FlowInvalid, NodeNotFound, NotPaused, Problem
from ...events import model as events
from ...flow.compat import media_misfit
from ...flow.literals import value_misfit
from ...flow.model import Node
from ...flow.signature import Effect, Signature
from ...ids import Json, NodeId, Path
from ...security.identity import Identity
from ..records.overlay import OVERLAY, Overlay
from ..records.record import Version
from ..records.values import INLINE_MAX, Value
from .append import append, execute
from .held import Held, version_of
from .pinned import Refs
from .starting import hold_bytes
from .uses import note_uses


class ValueUsed(Conflict):
    """The value has been used already; another one comes too late."""

    code = "value_used"


@dataclass(frozen=True, slots=True)
class _Place:
    """A node of a run whose values are to change."""

    version: Version
    node: Node
    path: Path
    signature: Signature
    is_recorded: bool

    @property
    def side(self) -> str:
        return "output" if self.is_recorded else "input"


def change_values(
    connection: sa.Connection,
    held: Held,
    by: Identity,
    node_id: str,
    values: Mapping[str, Json],
    refs: Refs,
) -> None:
    """Put values in the place of a node's: its outputs, if it is recorded, else its literals.

    The same value twice is once.

    Raises:
        FlowInvalid: A port is not there, is fed by an edge, or the value does not fit it.
        NodeNotFound: There is no such node.
        NotPaused: The run is under way.
        ValueUsed: What depends on it has begun already.
    """
    if held.status != "paused":
        raise NotPaused(
            f"Run {held.run} is {held.status}, not paused.",
            remedy="Pause it first: a value is changed only while nothing runs.",
        )
    place = _place(connection, held, node_id)
    problems = list(_problems(place, values, refs))
    if problems:
        raise FlowInvalid(problems)
    hold_bytes(connection, by, refs)
    _insist_unused(connection, held, place, {*values, *refs})
    _keep(connection, held, by, place, values, refs)


def _place(connection: sa.Connection, held: Held, node_id: str) -> _Place:
    version = version_of(connection, held.run)
    node = version.spec.node(node_id)
    if node is None:
        raise NodeNotFound(
            f"Run {held.run} has no node {node_id!r}.",
            remedy=f"It has {', '.join(it.id for it in version.spec.nodes)}.",
        )
    path = version.plan.paths[NodeId(node_id)]
    past = _attempts(connection, held, [path])
    is_recorded = any(status == "completed" for _, status, _ in past)
    return _Place(version, node, path, version.signature(node), is_recorded)


def _problems(place: _Place, values: Mapping[str, Json], refs: Refs) -> Iterator[Problem]:
    known = place.signature.outputs if place.is_recorded else place.signature.inputs
    ports = {port.name: port for port in known}
    fed = {} if place.is_recorded else place.version.feeds[NodeId(place.node.id)]
    for name in {**values, **refs}:
        at = place.node.id, name
        if name not in ports:
            listed = ", ".join(ports) or "none"
            why = "has run, so its outputs can be changed" if place.is_recorded else "has not run"
            message = f"{place.node.id!r} {why}; it has no {place.side} {name!r}."
            yield Problem("unknown_port", message, f"Its {place.side}s are: {listed}.", *at)
        elif name in fed:
            message = f"The input {name!r} is fed by {str(fed[name]).removeprefix('$input.')!r}."
            yield Problem("port_fed", message, "Change what it comes from.", *at)
        elif name in refs and not place.is_recorded:
            message = f"The literal {name!r} has to be JSON."
            yield Problem("type_mismatch", message, "Feed it by an edge instead.", *at)
        elif name in refs:
            why_not = media_misfit(str(refs[name]["media_type"]), ports[name].type)
            if why_not:
                yield Problem("type_mismatch", why_not, "Send what the port takes.", *at)
        elif misfit := value_misfit(values[name], ports[name].type):
            yield Problem("type_mismatch", misfit, "Give a value of the port's type.", *at)
        elif len(json.dumps(values[name])) > INLINE_MAX:
            message = f"More than {INLINE_MAX // 1024} KiB of JSON is no value to be typed in."
            yield Problem("value_too_large", message, "Change the node it comes from.", *at)


def _insist_unused(connection: sa.Connection, held: Held, place: _Place, ports: set[str]) -> None:
    version = place.version
    if place.is_recorded:
        users = [
            node
            for node, feeds in version.feeds.items()
            if any(it.node == place.node.id and it.port in ports for it in feeds.values())
        ]
    else:
        users = [NodeId(place.node.id)]
    paths = [version.plan.paths[node] for node in users]
    for node, status, effect in _attempts(connection, held, paths):
        if status == "failed" and effect != Effect.WRITE:
            continue  # it is to be tried again, with whatever it is given then
        raise ValueUsed(
            f"{node!r} has begun with the value already ({status}).",
            remedy=f"Fork the run at {node!r} with another one; this run stays as it was.",
        )


def _keep(
    connection: sa.Connection,
    held: Held,
    by: Identity,
    place: _Place,
    values: Mapping[str, Json],
    refs: Refs,
) -> None:
    given: dict[str, dict[str, Any]] = {name: {"json": value} for name, value in values.items()}
    given |= {name: dict(ref) for name, ref in refs.items()}
    rows = execute(connection, OVERLAY, {"run": held.run}).fetchall()
    overlay = Overlay.from_rows(rows)
    if place.is_recorded:
        before = overlay.outputs.get(place.path, {})
    else:
        before = {n: {"json": v} for n, v in overlay.literals.get(place.path, {}).items()}
    new = {
        name: value
        for name, value in given.items()
        if json.dumps(before.get(name), sort_keys=True) != json.dumps(value, sort_keys=True)
    }
    if not new:
        return
    row = {"run": held.run, "path": place.path, "node": place.node.id, "side": place.side}
    for n, (port, value) in enumerate(new.items(), len(rows) + 1):
        who = {"caller": by.user, "n": n, "port": port, "value": json.dumps(value)}
        execute(connection, _INSERT, row | who)
    execute(connection, _CHANGED, {"run": held.run})
    if refs:
        note_uses(connection, held.run)
    facts: list[events.Event] = [
        events.ValueChanged(
            side=place.side,  # type: ignore[arg-type]
            port=port,
            value=Value.from_record(value).info,
            by=by.user,
        )
        for port, value in new.items()
    ]
    many = len(facts)
    append(connection, held.run, facts, paths=[place.path] * many, nodes=[place.node.id] * many)


def _attempts(
    connection: sa.Connection, held: Held, paths: list[Path]
) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = execute(
        connection, _ATTEMPTS, {"run": held.run, "paths": paths}
    ).fetchall()
    return found


_ATTEMPTS = """
SELECT DISTINCT ON (path) node, status, effect FROM pai.step
WHERE run = %(run)s AND path = ANY(%(paths)s) ORDER BY path, attempt DESC
"""
_INSERT = """
INSERT INTO pai.override (workspace, run, n, path, node, side, port, value, owner, caller)
SELECT workspace, id, %(n)s, %(path)s, %(node)s, %(side)s, %(port)s, %(value)s, owner, %(caller)s
FROM pai.run WHERE id = %(run)s
"""
_CHANGED = "UPDATE pai.run SET is_changed = true WHERE id = %(run)s"
