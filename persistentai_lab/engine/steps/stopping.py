"""Stopping what nobody needs any more: who has lost a race, what stands beside a failure.

Each node that is stopped is recorded as skipped, with why, and what it asked or waited for is
closed; all in the commit of what stopped it. So after a crash, and in a replay, it is the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...events import model as events
from ...flow.signature import Effect
from ...ids import NodeId
from ..clock import now
from ..records.batch import Batch, Closed, EventRow, StepRow

if TYPE_CHECKING:
    from ..scope import Scope
    from .steps import Steps

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


def left_open(leg: "Steps", within: str, why: Why, stopped: Batch) -> Batch:
    """What earlier legs asked inside, and this one has not come to again: it is closed, too.

    Args:
        leg: The leg.
        within: What the ids of the nodes begin with.
        why: What stops them.
        stopped: What is recorded of those that are at work.
    """
    record, batch = leg.record, Batch()
    leg.closed.update(it.id for it in stopped.closed)
    for asked in (it for at in record.questions.values() for it in at):
        is_open = asked.answer is None and not leg.people.has_answer(asked.id)
        if not is_open or asked.id in leg.closed or not asked.node.startswith(within):
            continue
        leg.closed.add(asked.id)
        batch.closed.append(why.closes(asked.id))
        version, node = record.version.locate(asked.node)
        effect, past = version.signature(node).effect, record.attempts.get(asked.path)
        if effect is Effect.WRITE and past and past[-1].status == "started":
            continue  # in doubt, and so it stays
        place = asked.path, asked.attempt, asked.node
        row = StepRow(*place, node.block, node.version, effect, "skipped", inside=True)
        row.ended_at = now()
        batch.steps.append(row)
        at = row.ended_at, why.fact.model_dump_json(), asked.path, asked.node, asked.attempt
        batch.events.append(EventRow(*at))
    return batch


def failed(leg: "Steps", scope: "Scope", node: NodeId, error: events.ErrorInfo) -> Batch:
    """A node has failed for good: with it the flow, or only one who runs in a race.

    Returns what is to be recorded of what that stops.
    """
    why = Why(scope.id_of(node), "failed")
    if not scope.fail(node, error):
        return settle(leg, scope, why)
    batch = scope.stop(why)
    if scope.name:
        batch.add(left_open(leg, scope.name, why, batch))
    return batch


def settle(leg: "Steps", scope: "Scope", why: Why) -> Batch:
    """Stop what nobody needs any more since a moment ago; what is to be recorded of that."""
    batch = Batch()
    for node in scope.no_longer_needed():
        step = scope.at_work.get(node) or leg.step_of(scope, node)
        batch.add(step.stop(why, whole=True))
        batch.add(left_open(leg, f"{scope.id_of(node)}/", why, batch))
        scope.unneeded.add(node)
    return batch
