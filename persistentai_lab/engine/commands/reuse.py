"""Which recorded steps of one run another may begin with: nothing paid for is paid again.

A node's record is taken over when the node is the same (block, version, pinned code, literals) and
everything that flows into it is the same, all the way up. What is downstream of a change runs.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from ...errors import Conflict, PayloadExpired, RunNotFound
from ...events import model as events
from ...flow.codec import flow_hash
from ...flow.control.kinds import RACE
from ...flow.control.outside import RESULT
from ...flow.edit import with_values
from ...flow.model import INPUT, FlowSpec, Node, PortRef
from ...flow.signature import Signature, code_unit
from ...ids import Json, NodeId, RunId, Workspace
from ...plan import Plan
from ..racing import unneeded
from ..records.overlay import OVERLAY, Overlay
from ..records.record import Version, all_nodes, parse_version
from ..records.values import Value
from .pinned import Refs


class InDoubt(Conflict):
    """A call outside was cut off, and nobody but a person may have it made again."""

    code = "write_in_doubt"

    def __init__(self, run: RunId, node: str) -> None:
        super().__init__(
            f"In run {run}, {node!r} began to change the world and its outcome is not known.",
            remedy=f"Once you know that it may be done again, say so: fork at {node!r}.",
        )


@dataclass(frozen=True, slots=True)
class Past:
    """A run that another goes on from."""

    run: RunId
    flow_hash: str
    version: Version
    code: Mapping[str, str]
    """Unit of code → hash of its pinned text."""
    inputs: Mapping[str, Json]
    refs: Refs
    recorded: Mapping[NodeId, Mapping[str, Any]]
    """Outputs of the nodes that have completed, as they are recorded."""
    cut_off: Collection[NodeId] = ()
    """Nodes that began to change the world and have no outcome (yet)."""
    paths: Mapping[NodeId, str] = field(default_factory=dict)
    """Where those stand that have completed."""

    @property
    def spec(self) -> FlowSpec:
        """What it ran."""
        return self.version.spec

    @property
    def catalogue(self) -> dict[str, Signature]:
        """The blocks that it ran, as a check looks them up."""
        found: dict[str, Signature] = {}
        for signature in self.version.signatures.values():
            found[signature.block] = found[f"{signature.block}@{signature.version}"] = signature
        return found


def read_past(connection: sa.Connection, run: RunId, workspace: Workspace) -> Past:
    """What is recorded of a run; it stays there until the transaction ends.

    Raises:
        RunNotFound: There is no such run.
        Conflict: It is a replay, so that what it holds is another run's.
        PayloadExpired: Its values are no longer kept.
    """
    key = {"run": run, "workspace": workspace}
    row = connection.exec_driver_sql(_RUN, key).one_or_none()
    if row is None:
        raise RunNotFound(run)
    flow_hash, replays, expired_at, spec, plan, signatures, code, inputs, refs, is_changed = row
    if expired_at is not None:
        raise PayloadExpired(
            f"The values of run {run} are no longer kept, since {expired_at:%Y-%m-%d}.",
            remedy="Start the flow anew, without this run.",
        )
    if replays is not None:
        raise Conflict(
            f"Run {run} is a replay of run {replays}.", remedy=f"Go on from run {replays} itself."
        )
    version = parse_version(spec, plan, signatures)
    overlay = Overlay()
    if is_changed:
        overlay = Overlay.from_rows(connection.exec_driver_sql(OVERLAY, key).fetchall())
        version = _with_literals(version, overlay)
    done = connection.exec_driver_sql(_DONE, key).fetchall()
    paths = {NodeId(node): path for node, path, _ in done}
    recorded = {
        NodeId(node): {**(outputs or {}), **overlay.outputs.get(path, {})}
        for node, path, outputs in done
    }
    cut_off = {NodeId(node) for (node,) in connection.exec_driver_sql(_CUT_OFF, key)}
    return Past(run, flow_hash, version, code, inputs, refs, recorded, cut_off, paths)


def _with_literals(version: Version, overlay: Overlay) -> Version:
    """The version with the literals that people gave while the run was paused."""
    paths = version.plan.paths
    found = {node: overlay.literals.get(path) for node, path in paths.items()}
    changed = {str(node): literals for node, literals in found.items() if literals}
    return replace(version, spec=with_values(version.spec, changed))


def whole(inputs: Mapping[str, Json], refs: Refs) -> dict[str, Json]:
    """All inputs, as they are compared: JSON by itself, the rest by its hash."""
    found: dict[str, Json] = {name: ["json", value] for name, value in inputs.items()}
    return found | {name: ["ref", ref["ref"]] for name, ref in refs.items()}


def reusable(
    past: Past,
    spec: FlowSpec,
    plan: Plan,
    code: Mapping[str, str],
    inputs: Mapping[str, Json],
    anew: Collection[str] = (),
) -> list[NodeId]:
    """The nodes whose records may be taken over, in the order of the plan.

    Of a control node that has not completed, what is recorded in its flows is taken over, so that
    it goes on where it stood. A race stays won: who has lost it is not run for it again.

    Args:
        past: The run that has the records.
        spec: What the new run will run, expanded.
        plan: Its plan.
        code: Its code, as `Past.code`.
        inputs: Its inputs, as `whole` has them.
        anew: Nodes that are to run whatever is recorded.

    Raises:
        InDoubt: A `write` was cut off in `past`, and would be called again without anybody asking.
    """
    compared = _Compared(past, spec, code, inputs, anew)
    taken: list[NodeId] = []
    in_doubt: dict[NodeId, NodeId] = {}
    for node_id in plan.order:
        if not compared.may_be_taken(node_id):
            continue
        if node_id in past.recorded:
            compared.found.add(node_id)
            taken.append(node_id)
            continue
        inside = f"{node_id}/" if compared.after[node_id].flows else None
        for cut_off in past.cut_off:
            if cut_off == node_id or (inside and cut_off.startswith(inside)):
                in_doubt[node_id] = cut_off
        if inside:
            taken += sorted(each for each in past.recorded if each.startswith(inside))
    lost = set(unneeded(Version(spec, plan, {}), taken, ()))
    for node_id, cut_off in in_doubt.items():
        if node_id not in lost:  # else nobody calls it again
            raise InDoubt(past.run, cut_off)
    return taken


class _Compared:
    """What a run has in common with one before it; asked node after node, as the plan has them."""

    def __init__(
        self,
        past: Past,
        spec: FlowSpec,
        code: Mapping[str, str],
        inputs: Mapping[str, Json],
        anew: Collection[str],
    ) -> None:
        earlier = whole(past.inputs, past.refs)
        self.past, self.spec, self.code, self.anew = past, spec, code, anew
        self.before = {node.id: node for node in past.spec.nodes}
        self.after = {node.id: node for node in spec.nodes}
        self.old_feeds, self.new_feeds = _feeds(past.spec), _feeds(spec)
        self.same_inputs = {name for name in inputs if _same(inputs[name], earlier.get(name))}
        self.unchanged: set[str] = set()
        self.found: set[str] = set()
        """Nodes whose records are taken over."""

    def may_be_taken(self, node_id: str) -> bool:
        """Whether it is the same, and all that flows into it: of a race, what it was won with."""
        if not self._is_unchanged(node_id):
            return False
        self.unchanged.add(node_id)
        sources = {ref.node for ref in self.new_feeds.get(node_id, {}).values()} - {INPUT}
        return sources <= self.found or self._is_won(node_id)

    def _is_unchanged(self, node_id: str) -> bool:
        old, new = self.before.get(node_id), self.after[node_id]
        if old is None or node_id in self.anew:
            return False
        feeds = self.new_feeds.get(node_id, {})
        texts = _text_of(old, self.past.spec, self.past.code), _text_of(new, self.spec, self.code)
        return (
            texts[0] == texts[1]
            and self.old_feeds.get(node_id, {}) == feeds
            and all(
                ref.port in self.same_inputs if ref.node == INPUT else ref.node in self.unchanged
                for ref in feeds.values()
            )
        )

    def _is_won(self, node_id: str) -> bool:
        """Whether it is a race, and has its value from one whose record is taken over."""
        recorded = self.past.recorded
        if self.after[node_id].block != RACE or node_id not in recorded:
            return False
        won = recorded[NodeId(node_id)][RESULT]
        return any(
            ref.node in self.found and recorded[NodeId(ref.node)].get(ref.port) == won
            for ref in self.new_feeds.get(node_id, {}).values()
        )


def path_in(plan: Plan, past: Past, node: NodeId) -> str:
    """Where a node that is taken over stands in the new run."""
    if node in plan.paths:
        return plan.paths[node]
    outer = next(it for it in plan.paths if node.startswith(f"{it}/"))
    inside = past.paths[node].removeprefix(past.version.plan.paths[outer])
    return f"{plan.paths[outer]}{inside}" if inside.startswith("/") else inside


def facts_of(past: Past, nodes: list[NodeId]) -> Iterator[events.NodeReused]:
    """What is told of each node whose record is taken over."""
    for node in nodes:
        _, placed = past.version.locate(node)
        values = {name: Value.from_record(it) for name, it in past.recorded[node].items()}
        infos = {name: value.info for name, value in values.items()}
        yield events.NodeReused(source=past.run, block=placed.block, outputs=infos)


def _same(one: object, other: object) -> bool:
    """Alike as JSON: 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _text_of(node: Node, spec: FlowSpec, code: Mapping[str, str]) -> str:
    """Everything of a node that its result depends on, but for what flows in."""
    bodies = {role: spec.flows[name] for role, name in node.flows.items()}
    blocks = [node.block, *(it.block for body in bodies.values() for it in all_nodes(body))]
    units = sorted({unit for unit in map(code_unit, blocks) if unit})
    inside = {role: flow_hash(body) for role, body in bodies.items()}
    pinned = {unit: code.get(unit) for unit in units}
    return json.dumps([node.block, node.version, node.values, pinned, inside], sort_keys=True)


def _feeds(spec: FlowSpec) -> dict[str, dict[str, PortRef]]:
    feeds: dict[str, dict[str, PortRef]] = {}
    for edge in spec.edges:
        feeds.setdefault(edge.target.node, {})[edge.target.port] = edge.source
    return feeds


_RUN = """
SELECT r.flow_hash, r.replays, r.expired_at, v.spec::text, v.plan::text, v.signatures::text,
       r.code, r.inputs, r.refs, r.is_changed
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE r.id = %(run)s AND r.workspace = %(workspace)s FOR KEY SHARE OF r
"""
_DONE = """
SELECT node, path, outputs FROM pai.step
WHERE run = %(run)s AND workspace = %(workspace)s AND status = 'completed'
"""
_CUT_OFF = """
SELECT node FROM pai.step
WHERE run = %(run)s AND workspace = %(workspace)s AND effect = 'write'
  AND (status = 'started' OR status = 'failed' AND error ->> 'code' = 'write_in_doubt')
"""
TAKE_OVER = """
INSERT INTO pai.step
    (workspace, run, path, attempt, node, block, version, effect, status, leg, worker, outputs,
     owner, caller, started_at, ended_at, reused_from, inside)
SELECT s.workspace, %(run)s, t.path, 1, s.node, s.block, s.version, s.effect, s.status, 0, s.worker,
       s.outputs, %(owner)s, %(caller)s, s.started_at, s.ended_at, coalesce(s.reused_from, s.run),
       s.inside
FROM unnest(%(nodes)s::text[], %(paths)s::text[]) AS t(node, path)
JOIN pai.step s ON s.run = %(source)s AND s.workspace = %(workspace)s
     AND s.node = t.node AND s.status = 'completed'
"""
"""Copies the records of nodes; leg 0 is before the first. Who ran them, and when, stays true."""
