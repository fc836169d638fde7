"""Stopping what nobody needs any more: the losers of a race, what stands beside a failure.

Each node that is stopped is recorded as skipped, with why, and what it asked or waited for is
closed; all in the commit of what stopped it. So after a crash, and in a replay, it is the same.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..events import model as events
from ..ids import NodeId
from .commit import Batch, Closed

if TYPE_CHECKING:
    from .record import Version
    from .scope import Scope
    from .step import Steps

MOOT = "moot"
"""What stands as the answer of a question that was closed."""


@dataclass(frozen=True, slots=True)
class Why:
    """What has stopped a node."""

    cause: str
    """The node that did."""
    why: str
    """`race`, `failed` or `timed_out`."""
    winner: NodeId | None = None
    """Of a race: the node whose value was there first."""

    @property
    def fact(self) -> events.NodeSkipped:
        """The event that tells of it."""
        return events.NodeSkipped(cause=self.cause, why=self.why, winner=self.winner)

    def closes(self, question: str | None) -> Closed:
        """A question that is closed by it; None for all of a run."""
        told = {"cause": self.cause, "why": self.why, "winner": self.winner}
        return Closed(question, json.dumps({"choice": MOOT, "closed": told}))


@dataclass(frozen=True, slots=True)
class Moot:
    """What is told to one who answers a question that was closed."""

    text: str
    is_final: bool
    """Whether that says more than that the run has ended."""


def told_moot(answer: Mapping[str, Any] | None) -> Moot | None:
    """In words; None if it was not closed."""
    if answer is None or answer.get("choice") != MOOT:
        return None
    closed = answer["closed"]
    if closed["why"] == "race":
        return Moot(f"Answered too late: “{closed['winner']}” had won the race.", True)
    if closed["why"] == "timed_out":
        return Moot(f"Answered too late: the time of “{closed['cause']}” was over.", True)
    if closed["why"] == "failed" and closed["cause"]:
        return Moot(f"Answered too late: “{closed['cause']}” had failed beside it.", False)
    return Moot("Answered too late: what asked it has ended.", False)


def lost(version: "Version", done: Collection[NodeId]) -> dict[NodeId, NodeId]:
    """Nodes that could only serve races that are decided, each with its race.

    A node whose value also goes elsewhere (to another node, to an output of the flow) is none of
    them, and neither is what feeds it.

    Args:
        version: The flow.
        done: Nodes whose outputs are there.
    """
    if not version.races & set(done):
        return {}
    after = _after(version)
    given = {NodeId(ref.node) for ref in version.spec.outputs.values()}
    found: dict[NodeId, NodeId] = {}
    for node in reversed(version.plan.order):
        if node in done or node in given or not after[node]:
            continue
        races = [_race(version, done, found, it) for it in after[node]]
        if races[0] is not None and None not in races:
            found[node] = races[0]
    return dict(reversed(found.items()))


def _race(
    version: "Version", done: Collection[NodeId], found: dict[NodeId, NodeId], node: NodeId
) -> NodeId | None:
    """The race that makes a user of a value need it no longer, if one does."""
    if node in done:
        return node if node in version.races else None
    return found.get(node)


def _after(version: "Version") -> dict[NodeId, list[NodeId]]:
    after: dict[NodeId, list[NodeId]] = {node: [] for node in version.nodes}
    for node, feeds in version.feeds.items():
        for source in {ref.node for ref in feeds.values()}:
            if source in after:  # else an input of the flow
                after[NodeId(source)].append(node)
    return after


def settle(leg: "Steps", scope: "Scope", race: NodeId, winner: NodeId) -> Batch:
    """Stop what only a race needed that has just been decided; what is recorded of that."""
    why, batch = Why(scope.id_of(race), "race", winner), Batch()
    for node in [it for it in lost(scope.version, scope.outputs) if it not in scope.unneeded]:
        step = scope.at_work.get(node) or leg.step_of(scope, node)
        batch.add(step.stop(why, whole=True))
        scope.unneeded.add(node)
    return batch
