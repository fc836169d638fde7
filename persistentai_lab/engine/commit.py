"""The one statement that writes a leg's progress: fence, sequence head, steps, events, memory.

Everything in it commits together or not at all. It is sent again when the connection broke and
nobody knows whether it arrived: `run.batch` tells a repeated commit from a new one.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from .legs import FENCE
from .write import RecordWrite

RawJson = str
"""JSON that is already text: values and events are encoded once and never parsed on the way."""


class Fenced(Exception):
    """This leg is no longer ours: cancelled, superseded, or taken over by another worker."""


@dataclass(slots=True)
class StepRow:
    """A step's record, or the start of one."""

    path: str
    attempt: int
    node: str
    block: str
    version: int
    effect: str
    status: Literal["started", "completed", "failed", "skipped"]
    started_at: str | None = None
    ended_at: str | None = None
    outputs: RawJson | None = None
    error: RawJson | None = None


@dataclass(slots=True)
class EventRow:
    """An event before it has its position."""

    at: str
    body: RawJson
    path: str | None = None
    node: str | None = None
    attempt: int | None = None


@dataclass(slots=True)
class QuestionRow:
    """A decision that only a person can make."""

    id: str
    path: str
    node: str
    attempt: int
    text: str
    choices: list[str]


@dataclass(slots=True)
class RunChange:
    """The run's new state."""

    status: str
    outputs: RawJson | None = None
    error: RawJson | None = None


@dataclass(slots=True)
class Batch:
    """What one commit writes."""

    steps: list[StepRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    records: list[RecordWrite] = field(default_factory=list)
    questions: list[QuestionRow] = field(default_factory=list)
    run: RunChange | None = None

    def add(self, other: "Batch") -> None:
        """Take in what came later."""
        for row in other.steps:
            self._keep(row)
        self.events += other.events
        self.records += other.records
        self.questions += other.questions
        self.run = other.run or self.run

    def _keep(self, row: StepRow) -> None:
        """A step that starts and ends within one commit is written once, ended."""
        for place, earlier in enumerate(self.steps):
            if earlier.path == row.path and earlier.attempt == row.attempt:
                self.steps[place] = row
                return
        self.steps.append(row)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.steps or self.events or self.records or self.questions or self.run)


_HEAD = f"""
WITH fence AS MATERIALIZED ({FENCE}),
head AS (
    UPDATE pai.run SET seq = seq + %(events_count)s, batch = %(batch)s,
        started_at = coalesce(started_at, now())
    WHERE id = %(run)s AND batch IS DISTINCT FROM %(batch)s AND EXISTS (SELECT FROM fence)
      AND status IN ('queued', 'running', 'waiting')
    RETURNING workspace, id, seq, leg, owner, caller
)"""

_HEAD_AND_CHANGE = _HEAD.replace(
    "started_at = coalesce(started_at, now())",
    """started_at = coalesce(started_at, now()),
        status = %(status)s, outputs = %(outputs)s::json, error = %(error)s::json,
        ended_at = CASE WHEN %(status)s IN ('completed', 'failed') THEN now() END""",
)

_STEPS = """,
steps AS (
    INSERT INTO pai.step
        (workspace, run, path, attempt, node, block, version, effect, status,
         leg, worker, outputs, error, owner, caller, started_at, ended_at)
    SELECT head.workspace, head.id, s.path, s.attempt, s.node, s.block, s.version, s.effect,
           s.status, head.leg, %(worker)s, s.outputs::json, s.error::json, head.owner, head.caller,
           s.started_at, s.ended_at
    FROM head, unnest(
        %(step_paths)s::text[], %(step_attempts)s::int[], %(step_nodes)s::text[],
        %(step_blocks)s::text[], %(step_versions)s::int[], %(step_effects)s::text[],
        %(step_statuses)s::text[], %(step_outputs)s::text[], %(step_errors)s::text[],
        %(step_starts)s::timestamptz[], %(step_ends)s::timestamptz[]
    ) AS s(path, attempt, node, block, version, effect, status,
           outputs, error, started_at, ended_at)
    ON CONFLICT (run, path, attempt) DO UPDATE SET
        status = excluded.status, outputs = excluded.outputs, error = excluded.error,
        ended_at = excluded.ended_at,
        leg = excluded.leg, worker = excluded.worker
)"""

_EVENTS = """,
events AS (
    INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
    SELECT head.workspace, head.id, head.seq - %(events_count)s + e.n, e.at, e.path, e.node,
           e.attempt, head.owner, head.caller, e.body::json
    FROM head, unnest(
        %(event_times)s::timestamptz[], %(event_paths)s::text[], %(event_nodes)s::text[],
        %(event_attempts)s::int[], %(event_bodies)s::text[]
    ) WITH ORDINALITY AS e(at, path, node, attempt, body, n)
)"""

_RECORDS = """,
wanted AS (
    SELECT * FROM unnest(
        %(record_keys)s::text[], %(record_modes)s::text[], %(record_values)s::text[],
        %(record_writes)s::int[], %(record_paths)s::text[]
    ) AS r(key, mode, value, writes, path)
),
records AS (
    INSERT INTO pai.record AS kept (workspace, key, value, revision, run, path, owner, caller)
    SELECT head.workspace, r.key, r.value::jsonb, r.writes, head.id, r.path, head.owner, head.caller
    FROM head, wanted AS r
    ON CONFLICT (workspace, key) DO UPDATE SET
        value = CASE WHEN (SELECT mode FROM wanted WHERE wanted.key = excluded.key) = 'append'
                     THEN kept.value || excluded.value ELSE excluded.value END,
        revision = kept.revision + excluded.revision,
        run = excluded.run, path = excluded.path, owner = excluded.owner, caller = excluded.caller,
        updated_at = now()
)"""

_QUESTIONS = """,
questions AS (
    INSERT INTO pai.question (workspace, id, run, path, node, attempt, text, choices, owner, caller)
    SELECT head.workspace, q.id, head.id, q.path, q.node, q.attempt, q.text, q.choices::json,
           head.owner, head.caller
    FROM head, unnest(
        %(question_ids)s::text[], %(question_paths)s::text[], %(question_nodes)s::text[],
        %(question_attempts)s::int[], %(question_texts)s::text[], %(question_choices)s::text[]
    ) AS q(id, path, node, attempt, text, choices)
    ON CONFLICT (run, id) DO NOTHING
)"""

_RESULT = """
SELECT (SELECT count(*) FROM fence), (SELECT seq FROM head)"""


@cache
def _statement(change: bool, steps: bool, events: bool, records: bool, questions: bool) -> str:
    parts = ((steps, _STEPS), (events, _EVENTS), (records, _RECORDS), (questions, _QUESTIONS))
    head = _HEAD_AND_CHANGE if change else _HEAD
    return head + "".join(part for wanted, part in parts if wanted) + _RESULT


def compose(batch: Batch) -> tuple[str, dict[str, Any]]:
    """The statement for a batch and its parameters, less those that say who writes it."""
    records = _merged(batch.records)
    statement = _statement(
        batch.run is not None,
        bool(batch.steps),
        bool(batch.events),
        bool(records),
        bool(batch.questions),
    )
    parameters: dict[str, Any] = {"events_count": len(batch.events)}
    if batch.run:
        parameters |= {
            "status": batch.run.status, "outputs": batch.run.outputs, "error": batch.run.error,
        }  # fmt: skip
    if batch.steps:
        parameters |= {
            "step_paths": [row.path for row in batch.steps],
            "step_attempts": [row.attempt for row in batch.steps],
            "step_nodes": [row.node for row in batch.steps],
            "step_blocks": [row.block for row in batch.steps],
            "step_versions": [row.version for row in batch.steps],
            "step_effects": [row.effect for row in batch.steps],
            "step_statuses": [row.status for row in batch.steps],
            "step_outputs": [row.outputs for row in batch.steps],
            "step_errors": [row.error for row in batch.steps],
            "step_starts": [row.started_at for row in batch.steps],
            "step_ends": [row.ended_at for row in batch.steps],
        }
    if batch.events:
        parameters |= {
            "event_times": [row.at for row in batch.events],
            "event_paths": [row.path for row in batch.events],
            "event_nodes": [row.node for row in batch.events],
            "event_attempts": [row.attempt for row in batch.events],
            "event_bodies": [row.body for row in batch.events],
        }
    if records:
        parameters |= {
            "record_keys": [write.key for write in records],
            "record_modes": [write.mode for write in records],
            "record_values": [json.dumps(write.value) for write in records],
            "record_writes": [write.writes for write in records],
            "record_paths": [write.path for write in records],
        }
    if batch.questions:
        parameters |= {
            "question_ids": [row.id for row in batch.questions],
            "question_paths": [row.path for row in batch.questions],
            "question_nodes": [row.node for row in batch.questions],
            "question_attempts": [row.attempt for row in batch.questions],
            "question_texts": [row.text for row in batch.questions],
            "question_choices": [json.dumps(row.choices) for row in batch.questions],
        }
    return statement, parameters


def _merged(writes: list[RecordWrite]) -> list[RecordWrite]:
    """One write a key, by key: so that two runs lock the records they share in one order."""
    merged: dict[str, RecordWrite] = {}
    for write in writes:
        earlier = merged.get(write.key)
        merged[write.key] = earlier.then(write) if earlier else write
    return [merged[key] for key in sorted(merged)]
