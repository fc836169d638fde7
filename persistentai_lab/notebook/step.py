"""A node of a run: what it got to, how long it took, what it gave."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..client import Client, RunDetail, StepRecord, Trouble, Value
from ..client.words import between, shape


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """A node's latest attempt in a run."""

    record: StepRecord
    attempts: int
    status: str
    """Of the attempt, in the words of a run: `running`, `waiting`, `completed`, …"""
    _client: Client

    @property
    def node(self) -> str:
        """Id of the node."""
        return self.record.node

    @property
    def path(self) -> str:
        """Where it stands in the plan."""
        return self.record.path

    @property
    def error(self) -> Trouble | None:
        """Why it failed."""
        return self.record.error

    @property
    def outputs(self) -> dict[str, Any]:
        """What it gave, by port."""
        given = self.record.outputs or {}
        return {name: decode(value, self._client) for name, value in given.items()}

    @property
    def output(self) -> Any:
        """What it gave: the value of its only port, else all of them by name."""
        outputs = self.outputs
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    @property
    def took(self) -> str:
        """How long, for people."""
        return between(self.record.started_at, self.record.ended_at)

    @property
    def started_at(self) -> datetime | None:
        """When the attempt began."""
        return self.record.started_at

    def __repr__(self) -> str:
        again = f"(attempt {self.attempts})" if self.attempts > 1 else ""
        told = (shape(self.status), self.status, self.took, again)
        return f"<step {self.node}: {' '.join(filter(None, told))}>"


def steps_of(run: RunDetail, client: Client) -> list[Step]:
    """One step a path, each with its latest attempt, in the order in which they began."""
    latest: dict[str, StepRecord] = {}
    for record in sorted(run.steps, key=lambda record: record.attempt):
        latest[record.path] = record
    asked = {question.node for question in run.open_questions}
    order = list(dict.fromkeys(record.path for record in run.steps))
    return [_step(latest[path], run, asked, client) for path in order]


def _step(record: StepRecord, run: RunDetail, asked: set[str | None], client: Client) -> Step:
    status = record.status
    if status == "started":  # what its record says; a person wants to know what it does now
        working = "waiting" if record.node in asked else "running"
        status = "cancelled" if run.is_ended else working
    return Step(record, record.attempt, status, client)


def decode(value: Value, client: Client) -> Any:
    """A value as Python knows it."""
    return client.value(value)
