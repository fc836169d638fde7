"""The fold that turns events into what people see.

Its twin is `labextension/ui/src/events/reduce.ts`. Both pass the same fixtures, so a notebook, a
script and a page never disagree about a run.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch
from typing import Any

from ..ids import NodeId
from . import asked
from . import model as on
from .model import Envelope
from .view import (
    INNER_KEPT,
    LOGS_KEPT,
    Breakpoint,
    Circuit,
    LogLine,
    NodeStatus,
    NodeView,
    Progress,
    Recovery,
    RunStatus,
    RunView,
    Wait,
)
from .wire import Unread

Changes = dict[str, Any]
"""Fields of a frozen view that get another value."""


def reduce(view: RunView, envelope: Envelope | Unread) -> RunView:
    """The view after one more event. An event that the view has seen already changes nothing."""
    return reduce_all(view, (envelope,))


def reduce_all(view: RunView, envelopes: Iterable[Envelope | Unread]) -> RunView:
    """The view after many events; the same as one by one, but copies the nodes only once."""
    fresh = replace(view, nodes=dict(view.nodes), inner=dict(view.inner), counts=dict(view.counts))
    for envelope in envelopes:
        if envelope.seq > fresh.seq:
            fresh = _fold(fresh, envelope)
    return fresh if fresh.seq > view.seq else view


def _fold(view: RunView, envelope: Envelope | Unread) -> RunView:
    """Change the nodes of a view in place and copy the rest."""
    if isinstance(envelope, Unread):
        changes: Changes = {"unread": _counted(view.unread, envelope.type)}
    else:
        owner = _owner(view, envelope.node)
        if owner is not None and envelope.node is not None:
            _put_inner(view, owner, envelope.node, envelope)
        elif envelope.node is not None:
            node = view.nodes.get(envelope.node) or NodeView()
            fields = {"path": envelope.path} if node.path is None else {}
            _put(view, envelope.node, fields | _node(envelope.event, node, envelope))
        changes = _run(envelope.event, view, envelope)
    return replace(view, seq=envelope.seq, at=envelope.at, **changes)


def _put(view: RunView, node_id: NodeId, changes: Changes) -> None:
    before = view.nodes.get(node_id)
    after = replace(before or NodeView(), **changes)
    view.nodes[node_id] = after
    if before is not None:
        view.counts[before.status] -= 1
    view.counts[after.status] += 1


def _owner(view: RunView, node: NodeId | None) -> NodeId | None:
    """The planned node in one of whose flows a node is; None for a planned one."""
    if node is None or node in view.nodes or view.plan_hash is None:
        return None
    end = node.rfind("/")
    while end > 0:
        if (owner := NodeId(node[:end])) in view.nodes:
            return owner
        end = node.rfind("/", 0, end)
    return None


def _put_inner(view: RunView, owner: NodeId, node_id: NodeId, envelope: Envelope) -> None:
    node = view.inner.get(node_id) or NodeView(path=envelope.path)
    changes = {"path": node.path, **_node(envelope.event, node, envelope)}
    _set_inner(view, owner, node_id, changes)
    if view.inner[node_id].status in _OVER:
        _drop_inner(view)


def _set_inner(view: RunView, owner: NodeId, node_id: NodeId, changes: Changes) -> None:
    """Change a node inside, and what its owner tells of them. Who changed last stands last."""
    before = view.inner.pop(node_id, None)
    after = view.inner[node_id] = replace(before or NodeView(), **changes)
    outer = view.nodes[owner]
    inside = dict(outer.inside)
    if before is not None:
        inside[before.status] -= 1
    inside[after.status] = inside.get(after.status, 0) + 1
    status = outer.status
    if after.status == "waiting":
        status = "waiting"
    elif status == "waiting" and not inside.get("waiting"):
        status = "running"
    counts = {name: count for name, count in inside.items() if count}
    _put(view, owner, {"inside": counts, "status": status})


_OVER: tuple[NodeStatus, ...] = ("completed", "reused", "failed", "skipped", "cancelled")


def _drop_inner(view: RunView) -> None:
    """Forget the one that ended first, if too many have; of those that failed only the last."""
    over = [node_id for node_id, node in view.inner.items() if node.status in _OVER]
    if len(over) > INNER_KEPT:
        well = (node_id for node_id in over if view.inner[node_id].status != "failed")
        del view.inner[next(well, over[0])]


def _more(spent: dict[str, int], event: on.NodeSpent) -> dict[str, int]:
    more = {"tokens": event.tokens, event.currency: event.micros}
    return spent | {name: spent.get(name, 0) + much for name, much in more.items() if much}


def _counted(counts: dict[str, int], key: str) -> dict[str, int]:
    return {**counts, key: counts.get(key, 0) + 1}


# --- what an event means for its node -------------------------------------------------------------


@singledispatch
def _node(event: object, node: NodeView, envelope: Envelope) -> Changes:
    return {}


@_node.register
def _(event: on.NodeStarted, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "status": "running",
        "block": event.block,
        "worker": event.worker,
        "attempt": envelope.attempt or node.attempt or 1,
        "started_at": envelope.at,
        "ended_at": None,
        "duration_s": None,
        "progress": None,
        "is_held": False,
        "held_because": None,
        "delayed_until": None,
        "delayed_by": None,
    }


@_node.register
def _(event: on.NodeDelayed, node: NodeView, envelope: Envelope) -> Changes:
    return {"delayed_until": event.until, "delayed_by": event.key}


@_node.register
def _(event: on.CircuitTurned, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "circuit": Circuit(event.key, event.state, envelope.at, event.failures, event.until),
    }


@_node.register
def _(event: on.NodeSpent, node: NodeView, envelope: Envelope) -> Changes:
    return {"spent": _more(node.spent, event)}


@_node.register
def _(event: on.NodeProgressed, node: NodeView, envelope: Envelope) -> Changes:
    return {"progress": Progress(event.done, event.total)}


@_node.register
def _(event: on.NodeLogged, node: NodeView, envelope: Envelope) -> Changes:
    line = LogLine(envelope.at, event.level, event.message)
    return {"logs": (*node.logs, line)[-LOGS_KEPT:], "log_count": node.log_count + 1}


@_node.register
def _(event: on.NodeCompleted, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "status": "completed",
        "ended_at": envelope.at,
        "duration_s": event.duration_s,
        "outputs": event.outputs,
        "error": None,
    }


@_node.register
def _(event: on.NodeDecided, node: NodeView, envelope: Envelope) -> Changes:
    return {"choice": event.choice}


@_node.register
def _(event: on.ChildSpawned, node: NodeView, envelope: Envelope) -> Changes:
    return {"child": event.child}


@_node.register
def _(event: on.NodeReused, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "status": "reused",
        "block": event.block,
        "reused_from": event.source,
        "reused_because": event.cause,
        "outputs": event.outputs,
    }


@_node.register
def _(event: on.NodeRetried, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "status": "retrying",
        "attempt": envelope.attempt or node.attempt + 1,
        "retries": node.retries + 1,
        "retry_cause": event.cause,
        "error": event.error or node.error,
    }


@_node.register
def _(event: on.NodeFailed, node: NodeView, envelope: Envelope) -> Changes:
    return {
        "status": "failed",
        "ended_at": envelope.at,
        "duration_s": event.duration_s,
        "error": event.error,
    }


@_node.register
def _(event: on.NodeSkipped, node: NodeView, envelope: Envelope) -> Changes:
    changes: Changes = {
        "status": "skipped",
        "skipped_by": event.cause,
        "skipped_because": event.why,
        "lost_to": event.winner,
        "delayed_until": None,
        "delayed_by": None,
    }
    if node.question is not None and node.question.is_open:
        changes["question"] = asked.closed(node.question, envelope.at)
    return changes


@_node.register
def _(event: on.WaitBegun, node: NodeView, envelope: Envelope) -> Changes:
    wait = Wait(event.kind, envelope.at, event.due, event.signal, event.match)
    return {"status": "waiting", "wait": wait}


@_node.register
def _(event: on.SignalReceived, node: NodeView, envelope: Envelope) -> Changes:
    if node.wait is None:  # a gate, which people may open as well
        return {}
    return {"wait": replace(node.wait, number=event.number, run=event.run)}


@_node.register
def _(event: on.SignalEmitted, node: NodeView, envelope: Envelope) -> Changes:
    return {"emitted": event.signal}


@_node.register
def _(event: on.HumanRequested, node: NodeView, envelope: Envelope) -> Changes:
    return {"status": "waiting", "question": asked.requested(event, envelope.at)}


@_node.register
def _(event: on.HumanAnswered, node: NodeView, envelope: Envelope) -> Changes:
    if node.question is None or node.question.id != event.question:
        return {}
    return {
        "status": "pending",
        "question": asked.answered(node.question, event, envelope.at),
    }


@_node.register
def _(event: on.HumanExpired, node: NodeView, envelope: Envelope) -> Changes:
    if node.question is None or node.question.id != event.question:
        return {}
    return {"status": "pending", "question": asked.expired(node.question, event, envelope.at)}


@_node.register
def _(event: on.BreakpointSet, node: NodeView, envelope: Envelope) -> Changes:
    return {"breakpoint": Breakpoint(event.by, event.when)}


@_node.register
def _(event: on.BreakpointCleared, node: NodeView, envelope: Envelope) -> Changes:
    return {"breakpoint": None, "is_held": False, "held_because": None}


@_node.register
def _(event: on.BreakpointHit, node: NodeView, envelope: Envelope) -> Changes:
    return {"is_held": True, "held_because": event.trouble}


@_node.register
def _(event: on.ValueChanged, node: NodeView, envelope: Envelope) -> Changes:
    changed = {"changed": {**node.changed, event.port: event.by}}
    if event.side == "input":
        return changed
    return {"outputs": {**node.outputs, event.port: event.value}} | changed


# --- what an event means for the run --------------------------------------------------------------

_NOBODY: Changes = {
    "reason": None, "worker": None, "paused_by": None, "pausing_by": None, "needs": (),
}  # fmt: skip
"""Nobody works on the run, and nobody holds it."""


@singledispatch
def _run(event: object, view: RunView, envelope: Envelope) -> Changes:
    return {}


@_run.register
def _(event: on.RunCreated, view: RunView, envelope: Envelope) -> Changes:
    return {
        "run": envelope.run,
        "owner": envelope.owner,
        "caller": envelope.caller,
        "flow": event.flow,
        "flow_hash": event.flow_hash,
        "steps": event.steps,
        "parent": event.parent,
        "replays": event.replays,
        "status": "queued",
        "created_at": envelope.at,
    }


@_run.register
def _(event: on.PlanCompiled, view: RunView, envelope: Envelope) -> Changes:
    for node, path in event.paths.items():
        _put(view, node, {"path": path})
    return {"plan_hash": event.plan_hash}


@_run.register
def _(event: on.RunQueued, view: RunView, envelope: Envelope) -> Changes:
    return {"status": "queued", "leg": event.leg, **_NOBODY}


@_run.register
def _(event: on.RunStranded, view: RunView, envelope: Envelope) -> Changes:
    return {"needs": event.needs, "worker": None}


@_run.register
def _(event: on.RunStarted, view: RunView, envelope: Envelope) -> Changes:
    return _running(event.worker) | {"started_at": view.started_at or envelope.at}


@_run.register
def _(event: on.RunResumed, view: RunView, envelope: Envelope) -> Changes:
    return _running(event.worker) | {"leg": event.leg}


@_run.register
def _(event: on.RunRecovered, view: RunView, envelope: Envelope) -> Changes:
    recovery = Recovery(
        at=envelope.at,
        quiet_since=view.at,
        worker=event.worker,
        lost_worker=event.lost_worker,
        recorded=event.recorded,
        repeated=event.repeated,
    )
    return _running(event.worker) | {"recoveries": (*view.recoveries, recovery)}


@_run.register
def _(event: on.RunForked, view: RunView, envelope: Envelope) -> Changes:
    return {"forked_from": event.source}


@_run.register
def _(event: on.RunReplayed, view: RunView, envelope: Envelope) -> Changes:
    return {"replayed": event}


@_run.register
def _(event: on.RunPaused, view: RunView, envelope: Envelope) -> Changes:
    if event.by is not None:
        _set_down(view)
    return {
        "status": "waiting" if event.by is None else "paused",
        "reason": event.reason,
        "worker": None,
        "paused_by": event.by,
        "pausing_by": None,
    }


@_run.register
def _(event: on.RunWished, view: RunView, envelope: Envelope) -> Changes:
    return {"pausing_by": event.by if event.wish == "pause" else None}


@_run.register
def _(event: on.Stepped, view: RunView, envelope: Envelope) -> Changes:
    return _used(view, stepped=1)


@_run.register
def _(event: on.RunCompleted, view: RunView, envelope: Envelope) -> Changes:
    return _ended(view, "completed", envelope) | {"outputs": event.outputs}


@_run.register
def _(event: on.RunFailed, view: RunView, envelope: Envelope) -> Changes:
    return _ended(view, "failed", envelope) | {"error": event.error}


@_run.register
def _(event: on.RunCancelled, view: RunView, envelope: Envelope) -> Changes:
    ended = _ended(view, "cancelled", envelope)
    return ended | {"cancelled_by": event.by, "reason": event.reason or None}


@_run.register
def _(event: on.NodeStarted, view: RunView, envelope: Envelope) -> Changes:
    return {} if event.block in _RUN_OTHERS else _used(view, attempts=1)


@_run.register
def _(event: on.NodeCompleted, view: RunView, envelope: Envelope) -> Changes:
    if _has_no_body(view, envelope.node):
        return {}
    size = sum(value.size for value in event.outputs.values())
    return _used(view, busy_s=event.duration_s, output_bytes=size)


@_run.register
def _(event: on.NodeFailed, view: RunView, envelope: Envelope) -> Changes:
    return {} if _has_no_body(view, envelope.node) else _used(view, busy_s=event.duration_s)


@_run.register
def _(event: on.NodeRetried, view: RunView, envelope: Envelope) -> Changes:
    return _used(view, retries=1)


@_run.register
def _(event: on.NodeTimedOut, view: RunView, envelope: Envelope) -> Changes:
    return _used(view, timeouts=1)


@_run.register
def _(event: on.NodeSpent, view: RunView, envelope: Envelope) -> Changes:
    return {"spent": _more(view.spent, event)}


@_run.register
def _(event: on.MemoryWritten, view: RunView, envelope: Envelope) -> Changes:
    return _used(view, memory_writes=1)


@_run.register
def _(event: on.BreakpointSet, view: RunView, envelope: Envelope) -> Changes:
    if event.inside is None:
        return {}
    return {"breakpoints": view.breakpoints | {event.inside: Breakpoint(event.by, event.when)}}


@_run.register
def _(event: on.BreakpointCleared, view: RunView, envelope: Envelope) -> Changes:
    left = {name: point for name, point in view.breakpoints.items() if name != event.inside}
    return {"breakpoints": left}


_RUN_OTHERS = {
    f"control.{kind}"
    for kind in ("attempt", "call", "each", "race", "reduce", "repeat", "switch", "when")
}
"""Blocks without bodies: what is used is used by the nodes of the flows that they run."""


def _has_no_body(view: RunView, node_id: NodeId | None) -> bool:
    if node_id is None:
        return False
    node = view.nodes.get(node_id) or view.inner.get(node_id)
    return node is not None and node.block in _RUN_OTHERS


def _running(worker: str) -> Changes:
    return {"status": "running", "worker": worker, "reason": None, "needs": ()}


def _set_down(view: RunView) -> None:
    """In a paused run nothing runs: what seemed to was lost with its worker."""
    for node_id, node in list(view.nodes.items()):
        if node.status == "running" and not node.inside:
            _put(view, node_id, {"status": "pending"})


def _ended(view: RunView, status: RunStatus, envelope: Envelope) -> Changes:
    """A run that ended leaves nothing open: what was under way was stopped with it."""
    open_statuses: tuple[NodeStatus, ...] = ("running", "retrying", "waiting")
    for node_id, node in list(view.inner.items()):
        owner = _owner(view, node_id)
        if node.status in open_statuses and owner is not None:
            _set_inner(view, owner, node_id, {"status": "cancelled", "ended_at": envelope.at})
    for node_id, node in list(view.nodes.items()):
        if node.status in open_statuses:
            _put(view, node_id, {"status": "cancelled", "ended_at": envelope.at})
    return {"status": status, "ended_at": envelope.at, **_NOBODY}


def _used(view: RunView, **amounts: float) -> Changes:
    totals = view.totals
    more = {name: getattr(totals, name) + amount for name, amount in amounts.items()}
    return {"totals": replace(totals, **more)}
