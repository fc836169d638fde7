"""What a leg finished, as rows on their way to the database: one batch is one commit."""

from dataclasses import dataclass, field
from typing import Literal

from ...ids import RunId
from .write import RecordWrite

RawJson = str
"""JSON that is already text: values and events are encoded once and never parsed on the way."""


@dataclass(slots=True)
class StepRow:
    """A step's record, or the start of one."""

    path: str
    attempt: int
    node: str
    block: str
    version: int
    effect: str
    status: Literal["started", "completed", "failed", "skipped", "cancelled"]
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
    def ends_the_run(self) -> bool:
        """Whether nothing can come after it."""
        return self.run is not None and self.run.status in ("completed", "failed")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        parts = (self.steps, self.events, self.records, self.questions, self.signals, self.closed)
        return not any(parts) and self.run is None
