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
    def status(self) -> str:
        """State of the attempt."""
        return self.record.status

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
    order = list(dict.fromkeys(record.path for record in run.steps))
    return [Step(latest[path], latest[path].attempt, client) for path in order]


def decode(value: Value, client: Client) -> Any:
    """A value as Python knows it."""
    return client.value(value)
