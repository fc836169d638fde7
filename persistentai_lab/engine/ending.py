"""How a run ends. Of a run that has ended no step is under way."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from ..events import model as events
from ..flow.signature import Effect
from ..ids import NodeId
from .clock import now
from .records.batch import Batch, EventRow, RunChange, StepRow
from .records.record import Record
from .records.values import raw_object
from .steps.doubt import IN_DOUBT
from .steps.step import final
from .steps.steps import Steps
from .steps.stopping import Why


def completed(record: Record, steps: Steps, left: Collection[StepRow]) -> Batch:
    """The end of a run that has come to its end; `left` are the steps that are under way."""
    outputs = {
        name: steps.root.outputs[NodeId(ref.node)][ref.port]
        for name, ref in record.version.spec.outputs.items()
    }
    fact = events.RunCompleted(outputs={name: value.info for name, value in outputs.items()})
    batch = Batch(run=RunChange("completed", outputs=raw_object(outputs)))
    leave_none_open(batch, left)
    batch.events.append(_event(fact))
    return batch


def failed(record: Record, steps: Steps, left: Collection[StepRow]) -> Batch:
    """The end of a run that has failed: what could not begin any more is told as skipped."""
    batch = Batch()
    in_doubt = {row.node for row in left if row.effect == Effect.WRITE}
    opened = {row.path: row.attempt for row in left}
    plan, nodes, root = record.version.plan, record.version.nodes, steps.root
    first, info = next(iter(root.failed.items()))
    cause: dict[NodeId, NodeId] = {node: node for node in root.failed}
    for node in plan.order:
        blocked_by = next((cause[need] for need in plan.before[node] if need in cause), None)
        if any(node in known for known in (*root.has_ended, in_doubt)):
            continue
        cause[node] = blocked_by or first
        skipped = events.NodeSkipped(cause=cause[node])
        path, block = plan.paths[node], nodes[node]
        effect = record.version.signature(block).effect
        batch.events.append(EventRow(now(), skipped.model_dump_json(), path, node))
        past = record.attempts.get(path)
        number = opened.get(path) or (past[-1].number + 1 if past else 1)
        batch.steps.append(
            StepRow(
                path, number, node, block.block, block.version, effect, "skipped", ended_at=now()
            )
        )
    leave_none_open(batch, left)
    where = f"{first}: " if len(plan.order) > 1 else ""
    error = info.model_copy(update={"message": f"{where}{info.message}", "traceback": None})
    batch.events.append(_event(events.RunFailed(error=error)))
    batch.run = RunChange("failed", error=error.model_dump_json())
    batch.closed.append(Why(first, "failed").closes(None))
    return batch


def begun(record: Record) -> Iterator[StepRow]:
    """The steps that earlier legs have left under way."""
    for past in record.attempts.values():
        for attempt in past:
            if attempt.status == "started":
                version, node = record.version.locate(attempt.node)
                row = StepRow(attempt.path, attempt.number, attempt.node, node.block, node.version,
                              version.signature(node).effect, "started")  # fmt: skip
                row.inside = attempt.node not in record.version.nodes
                yield row


def leave_none_open(batch: Batch, left: Iterable[StepRow]) -> None:
    """Record what becomes of steps that are under way as their run ends.

    They are cancelled, as the end of a run says by itself. Of a `write` that would be too much: it
    has failed, and why tells that it may have happened.
    """
    ended = {(row.path, row.attempt) for row in batch.steps}
    for row in [row for row in left if (row.path, row.attempt) not in ended]:
        is_write = row.effect == Effect.WRITE
        status: Literal["failed", "cancelled"] = "failed" if is_write else "cancelled"
        error = final(IN_DOUBT) if is_write else None
        batch.steps.append(replace(row, status=status, ended_at=now(), error=error))
        if is_write:
            fact = events.NodeFailed(duration_s=0.0, error=IN_DOUBT)
            at = row.path, row.node, row.attempt
            batch.events.append(EventRow(now(), fact.model_dump_json(), *at))


def _event(fact: "events.Event") -> EventRow:
    return EventRow(now(), fact.model_dump_json())
