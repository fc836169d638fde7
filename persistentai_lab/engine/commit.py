"""The one statement that writes what legs finished: fences, heads, steps, events, memory.

What one leg finished commits together or not at all; several legs share a statement, each behind
its own fence, so that one which is lost takes nothing from the others. The statement is sent again
when the connection broke and nobody knows whether it arrived: `run.batch` tells a repeated commit
from a new one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any, Literal

from ..ids import RunId
from ..storage.arrays import Ints, Texts
from .legs import FENCES
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
    inside: bool = False
    """Whether a control node has opened the flow that it is of."""
    cost: RawJson | None = None
    """What its body said that it spent so far."""
    reused_from: RunId | None = None
    """The run whose kept result it has."""


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
    kind: str = "doubt"
    asked: list[str] = field(default_factory=list)
    """Who may answer; anybody when empty."""
    answer_type: RawJson | None = None
    block: str | None = None
    inputs: RawJson | None = None
    inputs_hash: str | None = None
    due: str | None = None
    """By the database's clock."""
    at_expiry: RawJson | None = None
    """The answer that is given when nobody did in time."""
    topic: str | None = None
    """Name of the signals that answer it."""
    match: RawJson | None = None
    """What such a signal's value has to contain."""


@dataclass(slots=True)
class SignalRow:
    """Something that flows wait for."""

    name: str
    path: str
    value: RawJson
    facts: RawJson | None
    """The value once more, for matching."""
    keep_s: float


@dataclass(slots=True)
class Closed:
    """A question that nobody need answer any more."""

    id: str | None
    """None for all that the run asks."""
    answer: RawJson
    """What is kept in place of an answer: why (see `stopping.Why`)."""


@dataclass(slots=True)
class TouchRow:
    """What an attempt read or wrote in memory."""

    path: str
    attempt: int
    layer: str
    target: str
    version: str
    mode: str


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
    signals: list[SignalRow] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    touches: list[TouchRow] = field(default_factory=list)
    run: RunChange | None = None
    _places: dict[tuple[str, int], int] = field(default_factory=dict, init=False, repr=False)

    def add(self, other: "Batch") -> None:
        """Take in what came later. For a batch that began empty."""
        for row in other.steps:
            self._keep(row)
        self.events += other.events
        self.records += other.records
        if other.closed:  # what was not even asked yet
            gone = {it.id for it in other.closed}
            kept = [it for it in self.questions if it.id not in gone and None not in gone]
            self.questions = kept
        self.questions += other.questions
        self.closed += other.closed
        self.signals += other.signals
        self.touches += other.touches
        self.run = other.run or self.run

    def note(self, row: StepRow, fact: EventRow) -> None:
        """Take in a step and what is told of it."""
        self._keep(row)
        self.events.append(fact)

    def _keep(self, row: StepRow) -> None:
        """A step that starts and ends within one commit is written once, ended."""
        place = self._places.setdefault((row.path, row.attempt), len(self.steps))
        if place == len(self.steps):
            self.steps.append(row)
        else:
            self.steps[place] = row

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        parts = (self.steps, self.events, self.records, self.questions, self.signals, self.closed)
        return not any(parts) and self.run is None


@dataclass(frozen=True, slots=True)
class Who:
    """The leg that writes: what its fence is checked by."""

    run: RunId
    leg_id: str
    owner_xid: str
    worker: str


_HEAD = f"""
WITH wanted AS (
    SELECT * FROM unnest(
        %(runs)b::text[], %(leg_ids)b::text[], %(owner_xids)b::text[], %(counts)b::int[],
        %(workers)b::text[], %(statuses)b::text[], %(outputs)b::text[], %(errors)b::text[]
    ) AS w(run, leg_id, owner_xid, events, worker, status, outputs, error)
),
fence AS MATERIALIZED ({FENCES}),
head AS (
    UPDATE pai.run r SET seq = r.seq + f.events, batch = %(batch)s,
        started_at = coalesce(r.started_at, now())
    FROM fence f
    WHERE r.id = f.run AND r.batch IS DISTINCT FROM %(batch)s
      AND r.status IN ('queued', 'running', 'waiting')
    RETURNING r.workspace, r.id, r.seq, r.seq - f.events AS told, r.leg, r.owner, r.caller,
              f.worker,
              coalesce(r.wish, CASE WHEN r.breakpoints IS NOT NULL THEN 'halt' END) AS wish
)"""

_HEAD_AND_CHANGE = _HEAD.replace(
    "started_at = coalesce(r.started_at, now())",
    """started_at = coalesce(r.started_at, now()),
        status = coalesce(f.status, r.status),
        outputs = coalesce(f.outputs::json, r.outputs),
        error = coalesce(f.error::json, r.error),
        ended_at = CASE WHEN f.status IN ('completed', 'failed') THEN now() END""",
)

_ANY_STEPS = """,
steps AS (
    INSERT INTO pai.step
        (workspace, run, path, attempt, node, block, version, effect, status,
         leg, worker, outputs, error, owner, caller, started_at, ended_at, inside{columns})
    SELECT head.workspace, head.id, s.path, s.attempt, s.node, s.block, s.version, s.effect,
           s.status, head.leg, head.worker, s.outputs::json, s.error::json, head.owner, head.caller,
           s.started_at, s.ended_at, s.inside = 1{values}
    FROM head JOIN unnest(
        %(step_runs)b::text[],
        %(step_paths)b::text[], %(step_attempts)b::int[], %(step_nodes)b::text[],
        %(step_blocks)b::text[], %(step_versions)b::int[], %(step_effects)b::text[],
        %(step_statuses)b::text[], %(step_outputs)b::text[], %(step_errors)b::text[],
        %(step_starts)b::timestamptz[], %(step_ends)b::timestamptz[],
        %(step_insides)b::int[]{arrays}
    ) AS s(run, path, attempt, node, block, version, effect, status,
           outputs, error, started_at, ended_at, inside{columns}) ON s.run = head.id
    ON CONFLICT (run, path, attempt) DO UPDATE SET
        status = excluded.status, outputs = excluded.outputs, error = excluded.error,
        ended_at = excluded.ended_at,
        leg = excluded.leg, worker = excluded.worker{changes}
)"""

_STEPS = _ANY_STEPS.format(columns="", values="", arrays="", changes="")

_STEPS_AND_MORE = _ANY_STEPS.format(
    columns=", cost, reused_from",
    values=", s.cost::json, s.reused_from",
    arrays=", %(step_costs)b::text[], %(step_sources)b::text[]",
    changes=""",
        cost = coalesce(excluded.cost, pai.step.cost), reused_from = excluded.reused_from""",
)
"""The same where one of them has spent something, or has a kept result; most have not."""

_EVENTS = """,
events AS (
    INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
    SELECT head.workspace, head.id, head.told + e.n, e.at, e.path, e.node, e.attempt,
           head.owner, head.caller, e.body::json
    FROM head JOIN unnest(
        %(event_runs)b::text[], %(event_numbers)b::int[], %(event_times)b::timestamptz[],
        %(event_paths)b::text[], %(event_nodes)b::text[], %(event_attempts)b::int[],
        %(event_bodies)b::text[]
    ) AS e(run, n, at, path, node, attempt, body) ON e.run = head.id
)"""

_RECORDS = """,
written AS (
    SELECT * FROM unnest(
        %(record_runs)b::text[],
        %(record_keys)b::text[], %(record_modes)b::text[], %(record_values)b::text[],
        %(record_writes)b::int[], %(record_paths)b::text[]
    ) AS r(run, key, mode, value, writes, path)
),
records AS (
    INSERT INTO pai.record AS kept (workspace, key, value, revision, run, path, owner, caller)
    SELECT head.workspace, r.key, r.value::jsonb, r.writes, head.id, r.path, head.owner, head.caller
    FROM head JOIN written AS r ON r.run = head.id ORDER BY r.key
    ON CONFLICT (workspace, key) DO UPDATE SET
        value = CASE WHEN (SELECT mode FROM written WHERE written.key = excluded.key) = 'append'
                       AND (kept.expires_at IS NULL OR kept.expires_at > now())
                     THEN kept.value || excluded.value ELSE excluded.value END,
        expires_at = CASE WHEN kept.expires_at > now()
            AND (SELECT mode FROM written WHERE written.key = excluded.key) = 'append'
            THEN kept.expires_at END,
        revision = kept.revision + excluded.revision,
        run = excluded.run, path = excluded.path, owner = excluded.owner, caller = excluded.caller,
        updated_at = now()
)"""

_QUESTIONS = """,
questions AS (
    INSERT INTO pai.question
        (workspace, id, run, path, node, attempt, text, choices, kind, asked, answer_type, block,
         inputs, inputs_hash, due, at_expiry, topic, match, owner, caller)
    SELECT head.workspace, q.id, head.id, q.path, q.node, q.attempt, q.text, q.choices::json,
           q.kind, ARRAY(SELECT json_array_elements_text(q.asked::json)), q.answer_type::json,
           q.block, q.inputs::json, q.inputs_hash, q.due, q.at_expiry::json,
           q.topic, q.match::jsonb, head.owner, head.caller
    FROM head JOIN unnest(
        %(question_runs)b::text[],
        %(question_ids)b::text[], %(question_paths)b::text[], %(question_nodes)b::text[],
        %(question_attempts)b::int[], %(question_texts)b::text[], %(question_choices)b::text[],
        %(question_kinds)b::text[], %(question_asked)b::text[], %(question_types)b::text[],
        %(question_blocks)b::text[], %(question_inputs)b::text[], %(question_hashes)b::text[],
        %(question_dues)b::timestamptz[], %(question_at_expiry)b::text[],
        %(question_topics)b::text[], %(question_matches)b::text[]
    ) AS q(run, id, path, node, attempt, text, choices, kind, asked, answer_type, block, inputs,
           inputs_hash, due, at_expiry, topic, match) ON q.run = head.id
    ON CONFLICT (run, id) DO UPDATE SET answer = NULL, answered_at = NULL, due = excluded.due,
        topic = excluded.topic
    WHERE pai.question.answer ->> 'choice' = 'moot'
)"""
"""One that was closed is open again when somebody else asks it, as of a budget."""

_CLOSED = """,
closed AS (
    UPDATE pai.question q SET answer = c.answer::json, answered_at = clock_timestamp(),
        due = NULL, topic = NULL
    FROM head JOIN unnest(
        %(closed_runs)b::text[], %(closed_ids)b::text[], %(closed_answers)b::text[]
    ) AS c(run, id, answer) ON c.run = head.id
    WHERE q.run = head.id AND q.answer IS NULL AND (q.id = c.id OR c.id IS NULL)
)"""
"""Of a closing and an answer one wins: both hold the run's row, and each looks again under it."""

_USES = """,
uses AS (
    INSERT INTO pai.blob_use (workspace, sha256, media_type, run)
    SELECT head.workspace, u.sha256, u.media_type, head.id
    FROM head JOIN unnest(%(use_runs)s::text[], %(use_hashes)s::text[], %(use_types)s::text[])
         AS u(run, sha256, media_type) ON u.run = head.id
    ORDER BY 2, 3
    ON CONFLICT DO NOTHING
)"""

_SIGNALS = """,
signals AS (
    INSERT INTO pai.signal (workspace, name, value, facts, run, path, expires_at, owner, caller)
    SELECT head.workspace, s.name, s.value::json, s.facts::jsonb, head.id, s.path,
           now() + s.keep_s::float8 * interval '1 second', head.owner, head.caller
    FROM head JOIN unnest(
        %(signal_runs)b::text[], %(signal_names)b::text[], %(signal_values)b::text[],
        %(signal_facts)b::text[], %(signal_paths)b::text[], %(signal_keeps)b::text[]
    ) AS s(run, name, value, facts, path, keep_s) ON s.run = head.id
)"""

_TOUCHES = """,
touches AS (
    INSERT INTO pai.step_touch
        (workspace, run, path, attempt, layer, target, version, mode, owner, caller)
    SELECT head.workspace, head.id, t.path, t.attempt, t.layer, t.target, t.version, t.mode,
           head.owner, head.caller
    FROM head JOIN unnest(
        %(touch_runs)b::text[], %(touch_paths)b::text[], %(touch_attempts)b::int[],
        %(touch_layers)b::text[], %(touch_targets)b::text[], %(touch_versions)b::text[],
        %(touch_modes)b::text[]
    ) AS t(run, path, attempt, layer, target, version, mode) ON t.run = head.id
    ON CONFLICT DO NOTHING
)"""

_RESULT = """
SELECT fence.run, head.seq, head.wish FROM fence LEFT JOIN head ON head.id = fence.run"""
"""A run that is not named has lost its fence; one without a position had been written already.
With it comes what people wish of the run: so nothing starts after a record that was made later."""


@cache
def _statement(
    change: bool,
    steps: bool,
    more: bool,
    events: bool,
    records: bool,
    questions: bool,
    closed: bool,
    signals: bool,
    uses: bool,
    touches: bool,
) -> str:
    parts = (
        (steps, _STEPS_AND_MORE if more else _STEPS),
        (events, _EVENTS),
        (records, _RECORDS),
        (questions, _QUESTIONS),
        (closed, _CLOSED),
        (signals, _SIGNALS),
        (uses, _USES),
        (touches, _TOUCHES),
    )
    head = _HEAD_AND_CHANGE if change else _HEAD
    return head + "".join(part for wanted, part in parts if wanted) + _RESULT


def compose(shares: Sequence[tuple[Who, Batch]]) -> tuple[str, dict[str, Any]]:
    """The statement for what several legs finished and its parameters, less `batch`.

    No two of them may write the same record: one statement touches a row only once.
    """
    written = [(who.run, write) for who, batch in shares for write in _merged(batch.records)]
    written.sort(key=lambda each: each[1].key)  # two statements lock what they share in one order
    steps = [(who.run, row) for who, batch in shares for row in batch.steps]
    events = [(who.run, n, e) for who, batch in shares for n, e in enumerate(batch.events, 1)]
    asked = [(who.run, row) for who, batch in shares for row in batch.questions]
    closed = [(who.run, row) for who, batch in shares for row in batch.closed]
    emitted = [(who.run, row) for who, batch in shares for row in batch.signals]
    touched = [(who.run, row) for who, batch in shares for row in batch.touches]
    changes = [batch.run for _, batch in shares]
    uses = _uses(steps, asked)
    more = any(row.cost or row.reused_from for _, row in steps)
    parts = (steps, more, events, written, asked, closed, emitted, uses, touched)
    statement = _statement(any(changes), *map(bool, parts))
    parameters: dict[str, Any] = {
        "runs": Texts(who.run for who, _ in shares),
        "leg_ids": Texts(who.leg_id for who, _ in shares),
        "owner_xids": Texts(who.owner_xid for who, _ in shares),
        "workers": Texts(who.worker for who, _ in shares),
        "counts": Ints(len(batch.events) for _, batch in shares),
        "statuses": Texts(change.status if change else None for change in changes),
        "outputs": Texts(change.outputs if change else None for change in changes),
        "errors": Texts(change.error if change else None for change in changes),
    }
    if steps:
        parameters |= {
            "step_runs": Texts(run for run, _ in steps),
            **_columns(_STEP_COLUMNS, (row for _, row in steps)),
            "step_insides": Ints(int(row.inside) for _, row in steps),
        }
    if more:
        parameters |= {
            "step_costs": Texts(row.cost for _, row in steps),
            "step_sources": Texts(row.reused_from for _, row in steps),
        }
    if events:
        parameters |= {
            "event_runs": Texts(run for run, _, _ in events),
            "event_numbers": Ints(number for _, number, _ in events),
            **_columns(_EVENT_COLUMNS, (row for _, _, row in events)),
        }
    if written:
        parameters |= {
            "record_runs": Texts(run for run, _ in written),
            "record_keys": Texts(write.key for _, write in written),
            "record_modes": Texts(write.mode for _, write in written),
            "record_values": Texts(json.dumps(write.value) for _, write in written),
            "record_writes": Ints(write.writes for _, write in written),
            "record_paths": Texts(write.path for _, write in written),
        }
    if asked:
        parameters |= {
            "question_runs": Texts(run for run, _ in asked),
            "question_ids": Texts(row.id for _, row in asked),
            "question_paths": Texts(row.path for _, row in asked),
            "question_nodes": Texts(row.node for _, row in asked),
            "question_attempts": Ints(row.attempt for _, row in asked),
            "question_texts": Texts(row.text for _, row in asked),
            "question_choices": Texts(json.dumps(row.choices) for _, row in asked),
            "question_kinds": Texts(row.kind for _, row in asked),
            "question_asked": Texts(json.dumps(row.asked) for _, row in asked),
            "question_types": Texts(row.answer_type for _, row in asked),
            "question_blocks": Texts(row.block for _, row in asked),
            "question_inputs": Texts(row.inputs for _, row in asked),
            "question_hashes": Texts(row.inputs_hash for _, row in asked),
            "question_dues": Texts(row.due for _, row in asked),
            "question_at_expiry": Texts(row.at_expiry for _, row in asked),
            "question_topics": Texts(row.topic for _, row in asked),
            "question_matches": Texts(row.match for _, row in asked),
        }
    if closed:
        parameters |= {
            "closed_runs": Texts(run for run, _ in closed),
            "closed_ids": Texts(row.id for _, row in closed),
            "closed_answers": Texts(row.answer for _, row in closed),
        }
    if touched:
        parameters |= {
            "touch_runs": Texts(run for run, _ in touched),
            "touch_paths": Texts(row.path for _, row in touched),
            "touch_attempts": Ints(row.attempt for _, row in touched),
            "touch_layers": Texts(row.layer for _, row in touched),
            "touch_targets": Texts(row.target for _, row in touched),
            "touch_versions": Texts(row.version for _, row in touched),
            "touch_modes": Texts(row.mode for _, row in touched),
        }
    if emitted:
        parameters |= {
            "signal_runs": Texts(run for run, _ in emitted),
            "signal_names": Texts(row.name for _, row in emitted),
            "signal_values": Texts(row.value for _, row in emitted),
            "signal_facts": Texts(row.facts for _, row in emitted),
            "signal_paths": Texts(row.path for _, row in emitted),
            "signal_keeps": Texts(str(row.keep_s) for _, row in emitted),
        }
    if uses:
        parameters |= {
            "use_runs": [run for run, _, _ in uses],
            "use_hashes": [sha256 for _, sha256, _ in uses],
            "use_types": [media_type for _, _, media_type in uses],
        }
    return statement, parameters


_STEP_COLUMNS = {
    "path": "step_paths",
    "attempt": "step_attempts",
    "node": "step_nodes",
    "block": "step_blocks",
    "version": "step_versions",
    "effect": "step_effects",
    "status": "step_statuses",
    "outputs": "step_outputs",
    "error": "step_errors",
    "started_at": "step_starts",
    "ended_at": "step_ends",
}
_EVENT_COLUMNS = {
    "at": "event_times",
    "path": "event_paths",
    "node": "event_nodes",
    "attempt": "event_attempts",
    "body": "event_bodies",
}
_NUMBERS = frozenset({"step_attempts", "step_versions", "event_attempts"})


def _columns(named: Mapping[str, str], rows: Iterable[object]) -> dict[str, Texts | Ints]:
    """The fields of rows as arrays, under the names of the statement's parameters."""
    columns = zip(*map(attrgetter(*named), rows), strict=True)
    return {
        name: Ints(column) if name in _NUMBERS else Texts(column)
        for name, column in zip(named.values(), columns, strict=True)
    }


def _uses(
    steps: list[tuple[RunId, StepRow]], asked: list[tuple[RunId, QuestionRow]]
) -> list[tuple[RunId, str, str]]:
    """Which blobs these rows refer to, for which run."""
    texts = [(run, row.outputs) for run, row in steps] + [(run, row.inputs) for run, row in asked]
    found = {
        (run, *blob)
        for run, text in texts
        if text is not None and '"ref"' in text
        for blob in refs_of(json.loads(text))
    }
    return sorted(found)


def refs_of(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The blobs among recorded values: hash and media type."""
    for value in values.values():
        if "ref" in value:
            yield value["ref"], value["media_type"]


def _merged(writes: list[RecordWrite]) -> list[RecordWrite]:
    """One write a key."""
    merged: dict[str, RecordWrite] = {}
    for write in writes:
        earlier = merged.get(write.key)
        merged[write.key] = earlier.then(write) if earlier else write
    return list(merged.values())
