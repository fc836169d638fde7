"""What people see of a run: its events, folded. Plain frozen data, the same in TypeScript."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from ..ids import START, Json, JsonSchema, NodeId, Path, RunId, Seq
from .model import ErrorInfo, RunReplayed, ValueInfo

RunStatus = Literal[
    "queued", "running", "waiting", "paused", "completed", "failed", "cancelled", "timed_out"
]
NodeStatus = Literal[
    "pending",
    "running",
    "retrying",
    "waiting",
    "completed",
    "reused",
    "failed",
    "skipped",
    "cancelled",
]

NODE_STATUSES: tuple[NodeStatus, ...] = NodeStatus.__args__  # type: ignore[attr-defined]
LOGS_KEPT = 50
"""How many of a node's last log lines a view holds."""
INNER_KEPT = 100
"""How many nodes of flows inside a view holds that have ended."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that a node said."""

    at: datetime
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a node says it has come; without a total nobody knows how far that is."""

    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a node asked a person, and what came of it."""

    id: str
    text: str
    choices: tuple[str, ...]
    asked_at: datetime
    kind: str = "doubt"
    """`ask`, `approval`, or `doubt`: an interrupted call may or may not have happened."""
    asked: tuple[str, ...] = ()
    """Who may answer; anybody when empty."""
    answer_type: JsonSchema | None = None
    block: str | None = None
    inputs: dict[str, ValueInfo] = field(default_factory=dict)
    """What exactly it is about."""
    inputs_hash: str | None = None
    due: datetime | None = None
    at_expiry: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    value: ValueInfo | None = None
    """What was answered, where it is more than a choice."""
    reason: str = ""
    edited: dict[str, ValueInfo] = field(default_factory=dict)
    via: str = ""
    expired_at: datetime | None = None
    """When it was too late for an answer; `answer` says what happened instead."""
    closed_at: datetime | None = None
    """When nobody needed an answer any more, for its node was stopped; `answer` is `moot`."""

    @property
    def is_open(self) -> bool:
        """Whether somebody may still answer."""
        return self.answer is None


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """The run is to pause before a node."""

    by: str
    when: str | None = None
    """On what condition over its inputs; None for always."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a step waits for, that is no person."""

    kind: str
    since: datetime
    due: datetime | None = None
    """When it wakes, or gives up waiting."""
    signal: str | None = None
    match: dict[str, Json] = field(default_factory=dict)
    number: int | None = None
    """The signal that came, by its place among all."""
    run: RunId | None = None
    """The run that emitted it, if one did."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit breaker of a node, as it turned last by this node's doing."""

    key: str
    state: str
    """`open`, `half_open` or `closed`."""
    at: datetime
    failures: int | None = None
    until: datetime | None = None
    """When one may try again."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node of a run. Times are those of its last attempt."""

    path: Path | None = None
    status: NodeStatus = "pending"
    block: str | None = None
    worker: str | None = None
    attempt: int = 0
    retries: int = 0
    retry_cause: str | None = None
    """Why the last retry came about."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    outputs: dict[str, ValueInfo] = field(default_factory=dict)
    error: ErrorInfo | None = None
    """Of the last attempt that failed, until one succeeds."""
    reused_from: RunId | None = None
    """The run whose record this is."""
    reused_because: str | None = None
    """`cache` for a kept result."""
    delayed_until: datetime | None = None
    """When its turn comes, while it waits for it."""
    delayed_by: str | None = None
    """What shares the rate that it waits for."""
    spent: dict[str, int] = field(default_factory=dict)
    """`tokens`, and millionths of money by currency; of all its attempts."""
    circuit: Circuit | None = None
    skipped_by: str | None = None
    """The node that kept this one from running."""
    skipped_because: str | None = None
    """`race`, `failed` or `timed_out`, where it was stopped; None where it could not begin."""
    lost_to: NodeId | None = None
    """Whose value was there first, where it lost a race."""
    progress: Progress | None = None
    logs: tuple[LogLine, ...] = ()
    """The last lines; `log_count` says how many there were."""
    log_count: int = 0
    question: Question | None = None
    wait: Wait | None = None
    """What it waits for, or waited for last, that is no person."""
    emitted: str | None = None
    """The signal that it has emitted."""
    breakpoint: Breakpoint | None = None
    is_held: bool = False
    """Whether the run has halted before it."""
    held_because: str | None = None
    """Why, where its condition could not be told."""
    changed: dict[str, str] = field(default_factory=dict)
    """Ports whose values people changed, and who did."""
    choice: str | None = None
    """Which way a control node went."""
    child: RunId | None = None
    """The run that it started."""
    inside: dict[NodeStatus, int] = field(default_factory=dict)
    """How many nodes there are of each status in the flows that a control node has opened."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A worker was lost and another took over."""

    at: datetime
    quiet_since: datetime | None
    """When the last event before it happened."""
    worker: str
    lost_worker: str | None
    recorded: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the run has used so far."""

    attempts: int = 0
    retries: int = 0
    timeouts: int = 0
    busy_s: float = 0.0
    """Time spent in bodies, added up over branches."""
    output_bytes: int = 0
    memory_writes: int = 0
    stepped: int = 0
    """Nodes that somebody had run one by one."""


def _no_nodes() -> dict[NodeStatus, int]:
    return dict.fromkeys(NODE_STATUSES, 0)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as of event `seq`. `RunView()` is a run of which nothing is known yet."""

    seq: Seq = START
    at: datetime | None = None
    """When the last event happened."""
    run: RunId | None = None
    owner: str | None = None
    caller: str | None = None
    flow: str | None = None
    flow_hash: str | None = None
    plan_hash: str | None = None
    steps: int = 0
    status: RunStatus = "queued"
    reason: str | None = None
    """Why it waits, is paused or was cancelled."""
    paused_by: str | None = None
    pausing_by: str | None = None
    """Who wants it to pause; what is under way may finish first."""
    cancelled_by: str | None = None
    parent: RunId | None = None
    """The run that started it."""
    forked_from: RunId | None = None
    """The run whose steps it began with."""
    replays: RunId | None = None
    """The run that it recomputes, to compare."""
    replayed: RunReplayed | None = None
    """What came of comparing."""
    leg: int = 0
    needs: tuple[str, ...] = ()
    """Block versions that no living worker has: until one comes, it waits."""
    worker: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outputs: dict[str, ValueInfo] = field(default_factory=dict)
    error: ErrorInfo | None = None
    nodes: dict[NodeId, NodeView] = field(default_factory=dict)
    inner: dict[NodeId, NodeView] = field(default_factory=dict)
    """Nodes of flows that control nodes have opened (`each/17/fetch`): those under way, and the
    last that ended; what failed is kept longest. `NodeView.inside` has counted all of them."""
    breakpoints: dict[str, Breakpoint] = field(default_factory=dict)
    """Where it is to pause in flows of control nodes (`each/*/fetch`): of all alike, or of one."""
    counts: dict[NodeStatus, int] = field(default_factory=_no_nodes)
    """How many nodes there are of each status."""
    recoveries: tuple[Recovery, ...] = ()
    totals: Totals = Totals()
    spent: dict[str, int] = field(default_factory=dict)
    """`tokens`, and millionths of money by currency."""
    unread: dict[str, int] = field(default_factory=dict)
    """How often which event came that this release does not know."""

    @property
    def is_ended(self) -> bool:
        """Whether the run will never change again."""
        return self.ended_at is not None

    @property
    def open_questions(self) -> dict[NodeId, Question]:
        """What waits for a person, by node."""
        return {
            node: view.question
            for node, view in (*self.nodes.items(), *self.inner.items())
            if view.question and view.status == "waiting"
        }

    def to_json(self) -> dict[str, Json]:
        """The view as it travels on the wire."""
        return cast("dict[str, Json]", _adapter().dump_python(self, mode="json"))

    @classmethod
    def from_json(cls, data: Any) -> "RunView":
        """Read back what `to_json` wrote."""
        return _adapter().validate_python(data)


@cache
def _adapter() -> TypeAdapter[RunView]:
    return TypeAdapter(RunView)
