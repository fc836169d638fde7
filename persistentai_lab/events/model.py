"""Facts about a run, in the past tense. Stored forever: fields are added, never renamed.

Each event names only what happened; who, where and when stands in its `Envelope`. Values are
referenced by size and hash, never copied.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..ids import Json, JsonSchema, NodeId, Path, RunId, Seq, Workspace


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorInfo(_Fact):
    """Why something failed. Survives recovery, crosses every border."""

    code: str
    message: str
    remedy: str = ""
    traceback: str | None = None
    """Lines of the body's own code, for people who ask for them."""


class ValueInfo(_Fact):
    """A value, by reference: what it is, how big, and a preview when it is small."""

    media_type: str
    size: int
    """Bytes of its encoded form."""
    sha256: str | None = None
    preview: Json = None
    about: str | None = None
    """What a large value is, in a few words: `344 × 8 table`, `list of 1,200`."""
    head: Json = None
    """Its beginning; of a table `{"columns": [...], "rows": [...]}`."""
    expired_at: datetime | None = None
    """When it was let go of, by the workspace's retention; what it was is all that is left."""


class Trigger(_Fact):
    """What started a run, when no person did."""

    kind: Literal["schedule", "webhook"]
    name: str
    at: datetime | None = None
    """The time that a schedule said."""
    delivery: str | None = None
    """What the sender of a webhook calls its delivery."""


class RunCreated(_Fact):
    """Somebody asked for a run of a pinned version of a flow."""

    type: Literal["run.created"] = "run.created"
    flow: str
    flow_hash: str
    steps: int
    """How many steps its plan has."""
    replays: RunId | None = None
    """The run that it recomputes, to compare."""
    trigger: Trigger | None = None
    """What started it, when no person did."""
    parent: RunId | None = None
    """The run that started it."""


class PlanCompiled(_Fact):
    """The flow was compiled to its plan."""

    type: Literal["plan.compiled"] = "plan.compiled"
    plan_hash: str
    paths: dict[NodeId, Path]


class RunQueued(_Fact):
    """A leg of the run waits for a worker."""

    type: Literal["run.queued"] = "run.queued"
    leg: int
    by: str | None = None
    """Who let a paused run go on."""


class RunStarted(_Fact):
    """A worker began the run."""

    type: Literal["run.started"] = "run.started"
    worker: str


class RunStranded(_Fact):
    """No living worker has the block versions that the run is pinned to. It waits for one."""

    type: Literal["run.stranded"] = "run.stranded"
    needs: tuple[str, ...]
    """What the worker that comes nearest lacks, as `family.name@version`."""


class RunResumed(_Fact):
    """A worker began a further leg, after the run had waited."""

    type: Literal["run.resumed"] = "run.resumed"
    worker: str
    leg: int


class RunRecovered(_Fact):
    """A worker took the run over after the one before it was lost."""

    type: Literal["run.recovered"] = "run.recovered"
    worker: str
    lost_worker: str | None = None
    recorded: int
    """Steps that were recorded, and so are not run again."""
    repeated: int
    """Bodies that had begun and run once more."""


class RunForked(_Fact):
    """The run began with recorded steps of another, as far as nothing they depend on changed."""

    type: Literal["run.forked"] = "run.forked"
    source: RunId
    at: NodeId | None = None
    """The node that was asked to run again."""
    reused: int
    """How many steps it took over."""


class Difference(_Fact):
    """A step whose recomputation gave something else than is recorded."""

    node: NodeId
    path: Path
    port: str | None = None
    what: str
    """Where and how the two differ, in a line."""
    inputs: dict[str, ValueInfo]
    recorded: ValueInfo | None = None
    recorded_error: ErrorInfo | None = None
    recomputed: ValueInfo | None = None
    recomputed_error: ErrorInfo | None = None


class Need(_Fact):
    """Why a step could not be recomputed here."""

    node: NodeId
    error: ErrorInfo


class RunReplayed(_Fact):
    """All pure steps of another run were computed again from its record, and compared with it."""

    type: Literal["run.replayed"] = "run.replayed"
    source: RunId
    source_status: str
    """Of a run that had not ended, only what it had recorded so far could be looked at."""
    verdict: Literal["identical", "different", "incomplete"]
    """`incomplete`: nothing differs, but something could not be recomputed; see `needs`."""
    recomputed: int
    taken: int
    """Steps that were not run, for they touch the world; their records stand."""
    unrecorded: int
    """Steps that have no outcome in the record: nothing can be said of them."""
    difference: Difference | None = None
    """The first one, in the order of the plan."""
    different: int = 0
    """How many steps differ."""
    needs: tuple[Need, ...] = ()


class RunPaused(_Fact):
    """The run can go no further by itself; it waits as a row, holding nothing."""

    type: Literal["run.paused"] = "run.paused"
    reason: str
    by: str | None = None
    """Who wanted it; None when it waits for something, and not because somebody holds it."""


class RunWished(_Fact):
    """Somebody wants a run that is under way to pause, or no longer does."""

    type: Literal["run.wished"] = "run.wished"
    wish: Literal["pause", "go_on"]
    by: str


class RunCompleted(_Fact):
    """The run reached its outputs."""

    type: Literal["run.completed"] = "run.completed"
    outputs: dict[str, ValueInfo]


class RunFailed(_Fact):
    """A node failed and nothing in the flow handles it."""

    type: Literal["run.failed"] = "run.failed"
    error: ErrorInfo


class RunCancelled(_Fact):
    """Somebody stopped the run."""

    type: Literal["run.cancelled"] = "run.cancelled"
    by: str
    reason: str = ""


class NodeStarted(_Fact):
    """A node began its work."""

    type: Literal["node.started"] = "node.started"
    block: str
    worker: str


class NodeProgressed(_Fact):
    """A node says how far it has come."""

    type: Literal["node.progressed"] = "node.progressed"
    done: float
    total: float | None = None


class NodeLogged(_Fact):
    """A node said something."""

    type: Literal["node.logged"] = "node.logged"
    level: str
    message: str
    expired_at: datetime | None = None
    """When what it said was let go of; `message` says so, too."""


class NodeDecided(_Fact):
    """A control node went one of several ways: a branch, a winner, the round that was the last."""

    type: Literal["node.decided"] = "node.decided"
    choice: str


class NodeCompleted(_Fact):
    """A node's step was recorded."""

    type: Literal["node.completed"] = "node.completed"
    duration_s: float
    outputs: dict[str, ValueInfo]


class NodeReused(_Fact):
    """A node's record was taken over from another run; its body was not run."""

    type: Literal["node.reused"] = "node.reused"
    source: RunId
    block: str
    outputs: dict[str, ValueInfo]
    cause: str | None = None
    """`cache` where the node's policy lets a kept result be used; else the run goes on from it."""


class NodeDelayed(_Fact):
    """A node waits for its turn: its rate allows no more starts at the moment."""

    type: Literal["node.delayed"] = "node.delayed"
    cause: str
    """`rate`."""
    key: str
    """What shares the rate."""
    until: datetime


class CircuitTurned(_Fact):
    """The circuit breaker that a node shares has opened, lets one try, or has closed again."""

    type: Literal["circuit.turned"] = "circuit.turned"
    key: str
    """What shares it."""
    state: Literal["open", "half_open", "closed"]
    """`half_open`: this node's attempt tries whether it works again."""
    failures: int | None = None
    """How many have opened it."""
    until: datetime | None = None
    """When one may try again."""


class NodeSpent(_Fact):
    """A body said that it has spent something."""

    type: Literal["node.spent"] = "node.spent"
    tokens: int = 0
    micros: int = 0
    """Millionths of the currency."""
    currency: str = ""


class NodeRetried(_Fact):
    """A node's body runs once more. The envelope's attempt is the new one."""

    type: Literal["node.retried"] = "node.retried"
    cause: str
    """`failed`, `timed_out`, `worker_lost` or `answered`."""
    wait_s: float = 0.0
    error: ErrorInfo | None = None


class NodeTimedOut(_Fact):
    """A body ran longer than its policy allows."""

    type: Literal["node.timed_out"] = "node.timed_out"
    timeout_s: float


class NodeFailed(_Fact):
    """A node failed for good."""

    type: Literal["node.failed"] = "node.failed"
    duration_s: float
    error: ErrorInfo


class NodeSkipped(_Fact):
    """A node never ran, or was stopped; `cause` names the node that kept it from running."""

    type: Literal["node.skipped"] = "node.skipped"
    cause: str
    why: str | None = None
    """`race`: another branch was first; `failed` or `timed_out`: the flow it was in has ended so.
    None where it had not begun, and never could."""
    winner: NodeId | None = None
    """Of a race: whose value was there first."""


class ChildSpawned(_Fact):
    """A node started another flow as a run of its own."""

    type: Literal["child.spawned"] = "child.spawned"
    child: RunId
    flow: str


class HumanRequested(_Fact):
    """The run needs a person's decision."""

    type: Literal["human.requested"] = "human.requested"
    question: str
    """Its id: answers name it."""
    text: str
    choices: tuple[str, ...]
    kind: str = "doubt"
    """`ask`, `approval`, or `doubt`: an interrupted call may or may not have happened."""
    asked: tuple[str, ...] = ()
    """Who may answer; anybody when empty."""
    answer_type: JsonSchema | None = None
    """What an answer of one's own words has to be."""
    block: str | None = None
    inputs: dict[str, ValueInfo] = {}
    """What exactly it is about: what the body would get, or what is shown with the question."""
    inputs_hash: str | None = None
    due: datetime | None = None
    at_expiry: str | None = None
    """What happens when nobody answers in time: `reject`, `approve`, `fail` or `otherwise`."""


class HumanAnswered(_Fact):
    """A person decided."""

    type: Literal["human.answered"] = "human.answered"
    question: str
    answer: str
    """The choice, or the beginning of what was said."""
    by: str
    value: ValueInfo | None = None
    """What was said, where it is more than a choice."""
    reason: str = ""
    edited: dict[str, ValueInfo] = {}
    """Inputs that were changed before they were approved; what was asked stands in the request."""
    via: str = ""
    """Where it was answered: `cell`, `panel`, `cli`, `python`, …"""


class HumanExpired(_Fact):
    """Nobody answered in time."""

    type: Literal["human.expired"] = "human.expired"
    question: str
    outcome: str
    """What happens instead: `reject`, `approve`, `fail` or `otherwise`."""


class WaitBegun(_Fact):
    """A step waits for a time or a signal; its run may lie still meanwhile."""

    type: Literal["wait.begun"] = "wait.begun"
    kind: Literal["timer", "signal"]
    due: datetime | None = None
    """When it wakes, or gives up waiting."""
    signal: str | None = None
    """Name of the signals it waits for."""
    match: dict[str, Json] = {}
    """What such a signal's value has to contain."""


class SignalEmitted(_Fact):
    """A step told whoever waits."""

    type: Literal["signal.emitted"] = "signal.emitted"
    signal: str
    value: ValueInfo


class SignalReceived(_Fact):
    """A step was given the signal that it waited for."""

    type: Literal["signal.received"] = "signal.received"
    signal: str
    number: int
    """Its place among all signals."""
    run: RunId | None = None
    """The run that emitted it, if one did."""


class MemoryWritten(_Fact):
    """A step wrote a record of the workspace, in the same commit as itself."""

    type: Literal["memory.written"] = "memory.written"
    layer: str
    key: str
    version: Json = None
    """What it is since then: a position, a revision, a commit."""


class BreakpointSet(_Fact):
    """The run is to pause before this node."""

    type: Literal["debug.breakpoint_set"] = "debug.breakpoint_set"
    when: str | None = None
    """On what condition over its inputs; None for always."""
    by: str
    inside: str | None = None
    """Where it stands in the flows of control nodes: `each/*/fetch`."""


class BreakpointCleared(_Fact):
    """The run is no longer to pause before this node."""

    type: Literal["debug.breakpoint_cleared"] = "debug.breakpoint_cleared"
    by: str
    inside: str | None = None
    """Where it stands in the flows of control nodes: `each/*/fetch`."""


class BreakpointHit(_Fact):
    """The run pauses before this node."""

    type: Literal["debug.breakpoint_hit"] = "debug.breakpoint_hit"
    when: str | None = None
    by: str
    """Who set it."""
    trouble: str | None = None
    """Why the condition could not be told; then the run pauses too."""


class Stepped(_Fact):
    """This one node was run, as somebody asked, and nothing else."""

    type: Literal["debug.stepped"] = "debug.stepped"
    by: str


class ValueChanged(_Fact):
    """Somebody put another value in the place of a recorded or a literal one."""

    type: Literal["debug.value_changed"] = "debug.value_changed"
    side: Literal["input", "output"]
    port: str
    value: ValueInfo
    by: str


Event = Annotated[
    RunCreated
    | PlanCompiled
    | RunQueued
    | RunStarted
    | RunStranded
    | RunResumed
    | RunRecovered
    | RunForked
    | RunReplayed
    | RunPaused
    | RunWished
    | RunCompleted
    | RunFailed
    | RunCancelled
    | NodeStarted
    | NodeProgressed
    | NodeLogged
    | NodeDecided
    | NodeCompleted
    | NodeReused
    | NodeDelayed
    | CircuitTurned
    | NodeSpent
    | NodeRetried
    | NodeTimedOut
    | NodeFailed
    | NodeSkipped
    | ChildSpawned
    | HumanRequested
    | HumanAnswered
    | HumanExpired
    | WaitBegun
    | SignalEmitted
    | SignalReceived
    | MemoryWritten
    | BreakpointSet
    | BreakpointCleared
    | BreakpointHit
    | Stepped
    | ValueChanged,
    Field(discriminator="type"),
]
"""Everything that can happen in a run, as far as this release goes."""


class Envelope(BaseModel):
    """An event with its place: which run, which position, when, on whose behalf, at which node."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: Workspace
    run: RunId
    seq: Seq
    """Position in the run, from 1, in the order of commits: who saw 5 never later finds a 4."""
    at: datetime
    owner: str
    caller: str
    path: Path | None = None
    node: NodeId | None = None
    attempt: int | None = None
    event: Event
