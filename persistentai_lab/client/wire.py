"""What the gateway answers, as plain data.

Dataclasses, so that importing them costs nothing; Pydantic checks them when the first answer is
read. Fields that a newer gateway adds are ignored.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..ids import Json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from ..flow.environment import Environment
    from ..flow.signature import Signature

T = TypeVar("T")

ENDED = frozenset({"completed", "failed", "cancelled", "timed_out"})
"""States that a run never leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The runtime has taken the run over; it goes on whatever happens to us."""

    run_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a run or a step failed."""

    code: str = "node_error"
    message: str = ""
    remedy: str = ""
    node: str | None = None
    path: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A value small enough to travel in the answer."""

    json: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A value kept by reference; `Client.blob` fetches it."""

    ref: str
    media_type: str
    size: int
    about: str | None = None
    """What it is, in a few words."""
    head: Json = None
    """Its beginning, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What is left of a value that is no longer kept."""

    expired_at: datetime
    sha256: str
    """Of its bytes; of JSON, of its compact text."""
    size: int
    media_type: str


Value = Blob | Inline | Expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a run asks a person."""

    id: str
    text: str
    node: str | None = None
    path: str | None = None
    choices: list[str] | None = None
    kind: str = "doubt"
    """`ask`, `approval`, or `doubt`: an interrupted call may or may not have happened."""
    asked: list[str] = field(default_factory=list)
    """Who may answer; anybody when empty."""
    answer_type: dict[str, Json] | None = None
    """What an answer in one's own words has to be."""
    block: str | None = None
    inputs: dict[str, Value] | None = None
    """What exactly it is about."""
    inputs_hash: str | None = None
    asked_at: datetime | None = None
    due: datetime | None = None
    at_expiry: dict[str, Json] | None = None
    """What holds when nobody answers in time."""
    answer: Json = None
    answered_by: str | None = None
    """None beside an answer: nobody answered in time."""
    answered_at: datetime | None = None
    reason: str = ""
    answered_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion(Question):
    """A question that waits for somebody, with the run that asks."""

    run_id: str
    flow: str
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint:
    """The run is to pause before a node."""

    by: str = ""
    when: str | None = None
    """On what condition over its inputs; None for always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that a person put in the place of another, while the run was paused."""

    path: str
    node: str
    side: str
    """`output` of a node that had run, or `input`: a literal of one that was to come."""
    port: str
    value: Value
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A run after a command."""

    run_id: str
    status: str
    wish: str | None = None
    """`pause` or `step`, while what is under way is still to finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """The record of one node of a run."""

    path: str
    node: str
    block: str = ""
    version: int = 1
    effect: str = "read"
    attempt: int = 1
    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    worker: str | None = None
    error: Trouble | None = None
    outputs: dict[str, Value] | None = None
    reused_from: str | None = None
    """The run that it was really run in."""
    inside: bool = False
    """Whether a control node has opened the flow that it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    run_id: str
    flow: str
    status: str
    owner: str = ""
    caller: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steps_done: int = 0
    steps_total: int = 0
    error: Trouble | None = None
    replays: str | None = None
    """The run that it computes again."""
    needs: list[str] | None = None
    """Block versions that it waits for: no living worker has them."""
    expired_at: datetime | None = None
    """Since when its values are no longer kept."""

    @property
    def is_ended(self) -> bool:
        """Whether the run will never change again."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(_Run):
    """One line of the list of runs."""

    questions: int = 0
    """How many questions wait for an answer."""
    wish: str | None = None
    """`pause` or `step`, while what is under way is still to finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail(_Run):
    """All that is known of one run."""

    flow_hash: str = ""
    plan_hash: str = ""
    inputs: dict[str, Json] = field(default_factory=dict)
    refs: dict[str, Blob | Expired] = field(default_factory=dict)
    """Inputs that are no JSON, or no longer kept."""
    outputs: dict[str, Value] | None = None
    """None before the run has completed."""
    wish: str | None = None
    """`pause` or `step`, while what is under way is still to finish."""
    breakpoints: dict[str, Breakpoint] = field(default_factory=dict)
    """By node."""
    changes: list[Change] = field(default_factory=list)
    """Of several for one port the last counts. The outputs of `steps` are those that count."""
    steps: list[StepRecord] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def open_questions(self) -> list[Question]:
        """Questions that nobody has answered."""
        return [question for question in self.questions if question.answer is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """A past fact about a run. Kinds that this release has never heard of are carried too."""

    seq: int
    run: str
    event: dict[str, Json]
    at: datetime
    workspace: str = ""
    owner: str = ""
    caller: str = ""
    path: str | None = None
    node: str | None = None
    attempt: int | None = None

    @property
    def type(self) -> str:
        """What happened, as `node.completed`."""
        return str(self.event["type"])

    @property
    def is_last(self) -> bool:
        """Whether the run has ended with this event."""
        family, _, fact = self.type.partition(".")
        return family == "run" and fact in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedModule:
    """Source of a module whose blocks a flow uses: the runtime need not be able to import it."""

    module: str
    """Its name; for a function of a cell, the name of its block (see `code_unit`)."""
    source: str
    signatures: "tuple[Signature, ...]" = ()
    environment: "Environment | None" = None
    """The Python it was written for; None for the worker's own."""

    def to_json(self) -> dict[str, Any]:
        """The module as it travels on the wire."""
        signatures = [signature.model_dump(mode="json") for signature in self.signatures]
        environment = self.environment and self.environment.model_dump(mode="json")
        return {
            "module": self.module,
            "source": self.source,
            "signatures": signatures,
            "environment": environment,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """The compiled flow: as data, as text for people, as a Mermaid picture."""

    plan: Json
    text: str
    mermaid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many runs of a flow may be under way at once, and how it looks now."""

    flow: str = ""
    """Empty for the whole workspace."""
    at_once: int
    by: str = ""
    updated_at: datetime | None = None
    running: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A flow that runs when its time comes."""

    name: str
    flow: str
    inputs: dict[str, Json] = field(default_factory=dict)
    cron: str | None = None
    """None: once only."""
    zone: str = "UTC"
    missed: str = "once"
    is_on: bool = True
    next_at: datetime | None = None
    last_at: datetime | None = None
    last_run: str | None = None
    fired: int = 0
    skipped: int = 0
    error: Trouble | None = None
    """Why its last firing started no run."""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that runs a flow on what is sent to it."""

    name: str
    flow: str
    inputs: dict[str, Json] = field(default_factory=dict)
    body_input: str | None = None
    """The input that gets what is sent; None: its fields go to the inputs of their names."""
    signature: str = "none"
    is_on: bool = True
    received: int = 0
    last_at: datetime | None = None
    last_run: str | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMade(Webhook):
    """A webhook, with its secrets if it was made just now: they are told once only."""

    path: str | None = None
    """Where to send to, on the address of the gateway."""
    secret: str | None = None
    """What to sign with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that was sent to a webhook."""

    at: datetime
    named: str | None = None
    """What its sender calls it."""
    status: int
    """Of HTTP: 202 a run was started, 200 it came before; else it was refused."""
    run: str | None = None
    error: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How long a workspace keeps the values of runs that have ended; None is for ever."""

    keep_days: int | None
    keep_failed_days: int | None
    keep_last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a sweep did, or would do."""

    runs: int
    """Whose values went."""
    blobs: int
    blob_bytes: int
    legs: int = 0
    longest_s: float = 0.0
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """The policy, and what a sweep would do now."""

    policy: Kept
    due: Sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the gateway feels."""

    status: str
    database: bool = False
    workers: int = 0
    version: str = ""


def read(kind: type[T], data: object) -> T:
    """Check an answer and give it its type."""
    return cast(T, _adapter(cast(Any, kind)).validate_python(data))


def to_json(thing: Any) -> Any:
    """The answer as JSON again, times in ISO 8601."""
    return _adapter(cast(Any, type(thing))).dump_python(thing, mode="json")


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
