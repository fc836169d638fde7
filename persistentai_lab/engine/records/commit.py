"""The one statement that writes what legs finished: fences, heads, steps, events, memory.

What one leg finished commits together or not at all; several legs share a statement, each behind
its own fence, so that one which is lost takes nothing from the others. The statement is sent again
when the connection broke and nobody knows whether it arrived: `run.batch` tells a repeated commit
from a new one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ...ids import RunId
from ...storage.arrays import Ints, Texts
from .batch import Batch, QuestionRow, StepRow
from .statement import statement_of
from .write import RecordWrite


class Fenced(Exception):
    """This leg is no longer ours: cancelled, superseded, or taken over by another worker."""


@dataclass(frozen=True, slots=True)
class Who:
    """The leg that writes: what its fence is checked by."""

    run: RunId
    leg_id: str
    owner_xid: str
    worker: str


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
    ends = any(batch.ends_the_run for _, batch in shares)
    statement = statement_of(any(changes), ends, *map(bool, parts))
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
