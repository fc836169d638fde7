"""Every error this package raises on purpose.

LabError
├── FlowInvalid          the flow cannot run as drawn; carries every problem found
│   ├── CannotShip       code that exists only in this process; the runtime cannot run it
│   └── EditInvalid      inputs that a person changed do not fit their ports
├── FlowNotFound         no flow is to be had under the name that was given
├── TraceError           Python was used on a value that only exists when the flow runs
├── NodeError            a block's body failed; see `retryable`
│   ├── WrongType        a value does not fit the type of its port
│   ├── ValueTooLarge    a value is larger than a value may be
│   ├── BodyTimedOut     a body ran longer than its policy allows
│   ├── Rejected         a person did not allow a step
│   ├── Unanswered       nobody answered a question in time
│   ├── WaitTimedOut     no signal came in time, or nobody opened a gate
│   ├── CircuitOpen      what a node calls keeps failing; nobody calls it for a while
│   ├── BudgetExceeded   a budget is used up, and a person decided to stop
│   ├── BlockUnavailable the block, in the pinned version, is not to be had here
│   ├── PayloadExpired   a recorded value is no longer kept (retention)
│   └── MemoryRefused    memory can't be asked that, or changed so
│       ├── NotInMemory    it has nothing of that name or at that time
│       ├── BadPatch       a patch does not fit the state that it is to change
│       ├── BrokenChain    a file of memory was altered, or is not whole
│       ├── WriteConflict  somebody else has written meanwhile
│       ├── MergeConflict  two branches changed the same; carries each conflict
│       ├── NotText        a file that was to be text is none
│       ├── PathRefused    no file can be called that, or not beside another
│       ├── OutOfBounds    a counter would leave its bounds
│       ├── SchemaInvalid  what shall describe documents is no JSON Schema
│       ├── MisfitDocument a document does not fit the schema of its collection
│       └── SqlRefused     a query is no plain question, or asks for too much
├── RunNotFound          no run has this id
├── QuestionNotFound     a run asks no such question
├── WrongAnswer          an answer does not fit its question
├── NodeNotFound         a run has no step of this node (a `LookupError` too)
├── PortNotFound         a node has no such input (a `LookupError` too)
├── CannotRead           a recorded value cannot be read here; says what it is and why not
├── RunFailed            a run ended without outputs: it failed, timed out or was cancelled
├── StillRunning         a run has not ended in the time one wanted to wait (a `TimeoutError` too)
├── Conflict             the command no longer fits the state (answered already, ended already)
│   ├── RunEnded         the run has ended; nothing can be done to it any more
│   ├── AnsweredAlready  somebody else has answered the question before
│   ├── QuestionExpired  the time to answer the question is over
│   ├── QuestionMoot     nobody needs the answer any more: another branch had won
│   └── NotPaused        only a paused run can be stepped, or given other values
├── ConditionInvalid     the condition of a breakpoint says what conditions cannot say
├── AccessDenied         the caller may not do this
│   └── NotAsked         the question is for somebody else
└── Unavailable          a part of the runtime is away; try again after `retry_after_s`
    └── RuntimeDown      nothing is running here; says how to start it
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from .ids import Json, RunId
from .uncaught import short_form, speak_plainly, wants_stack


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a flow, and what to do about it."""

    code: str
    """Stable, snake case: `cycle`, `unknown_block`, `type_mismatch`, `missing_input`, …"""
    message: str
    remedy: str
    node: str | None = None
    port: str | None = None

    def __str__(self) -> str:
        return f"{self.what} → {self.remedy}"

    @property
    def what(self) -> str:
        """Where it is, and what is wrong."""
        # `$input` is the flow itself: people know its inputs by their names.
        place = ".".join(part for part in (self.node, self.port) if part and part != "$input")
        return f"{place + ': ' if place else ''}{self.message}"

    def to_json(self) -> dict[str, Json]:
        """The problem as it travels on the wire."""
        return asdict(self)


class LabError(Exception):
    """Base class. `code` is stable and part of the wire format; the message is not."""

    code = "lab_error"
    http_status = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".rstrip())
        speak_plainly()

    @property
    def _render_traceback_(self) -> Callable[[], list[str]]:
        """What IPython prints: the person's own line and what to do, not our stack."""
        if wants_stack():
            raise AttributeError("IPython shows the stack of errors that don't show themselves")
        return lambda: [f"{type(self).__name__}: {self.message}", *short_form(self)]

    def _told_(self) -> list[str]:
        """What a script prints."""
        return [f"✗ {self.message}", *short_form(self)]

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle whole, whatever the constructor looks like (errors cross process borders)."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[LabError], args: tuple[object, ...], state: dict[str, object]) -> LabError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class FlowInvalid(LabError):
    """The flow cannot run as drawn. `problems` holds all that was found, not just the first."""

    code = "flow_invalid"
    http_status = 422
    where = "in this flow"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        # The remedy has a line of its own: at the end of a long one nobody sees it.
        lines = "\n".join(
            f"  • [{problem.code}] {problem.what}\n    → {problem.remedy}"
            for problem in self.problems
        )
        super().__init__(f"{count} problem{'s' if count != 1 else ''} {self.where}:\n{lines}")


class FlowNotFound(LabError):
    """No flow is to be had under the name that was given."""

    code = "flow_not_found"
    http_status = 404


class CannotShip(FlowInvalid):
    """Code that exists only in this process, so that no worker could run it."""

    code = "cannot_ship"
    where = "in what this flow needs: it cannot be sent to the runtime"


class EditInvalid(FlowInvalid):
    """Inputs that a person changed before they approved them do not fit; carries every problem."""

    code = "edit_invalid"
    where = "in the inputs as you changed them"


class TraceError(LabError):
    """Python was used on a value that exists only when the flow runs (`if`, `len`, `==`, …)."""

    code = "trace_error"
    http_status = 422

    def __init__(
        self, message: str, *, remedy: str = "", node: str | None = None, port: str | None = None
    ) -> None:
        self.node = node
        self.port = port
        super().__init__(message, remedy=remedy)


class NodeError(LabError):
    """A block's body failed. `retryable` tells the engine whether trying again can help."""

    code = "node_error"

    def __init__(self, message: str, *, remedy: str = "", retryable: bool = False) -> None:
        self.retryable = retryable
        super().__init__(message, remedy=remedy)


class WrongType(NodeError):
    """A value does not fit the type of its port."""

    code = "wrong_type"


class ValueTooLarge(NodeError):
    """A value is larger than a value may be."""

    code = "value_too_large"


class BodyTimedOut(NodeError):
    """A body ran longer than its policy allows."""

    code = "timed_out"


class NodeTimedOut(BodyTimedOut):
    """What a control node runs took longer than its policy allows."""

    code = "node_timed_out"


class Rejected(NodeError):
    """A person did not allow a step; or nobody did in time, where that means no."""

    code = "rejected"


class Unanswered(NodeError):
    """Nobody answered a question in time."""

    code = "unanswered"


class WaitTimedOut(NodeError):
    """No signal came in time, or nobody opened a gate."""

    code = "wait_timed_out"


class CircuitOpen(NodeError):
    """What a node calls has failed too often; nobody calls it for a while."""

    code = "circuit_open"


class BudgetExceeded(NodeError):
    """A budget is used up, and a person decided to stop; or it can't be held against the costs."""

    code = "budget_exceeded"

    def __init__(self, message: str, *, remedy: str = "", code: str = "budget_exceeded") -> None:
        self.code = code
        super().__init__(message, remedy=remedy)


class BlockUnavailable(NodeError):
    """The block, in the version that the run is pinned to, is not to be had here."""

    code = "block_unavailable"


class PayloadExpired(NodeError):
    """A recorded value was let go of, by the workspace's retention. What it was is still known."""

    code = "payload_expired"
    http_status = 410


class MemoryRefused(NodeError):
    """Memory can't be asked that, or changed so."""

    code = "memory_refused"
    http_status = 422


class NotInMemory(MemoryRefused):
    """Memory has nothing of that name, or had not at that time."""

    code = "not_in_memory"
    http_status = 404


class BadPatch(MemoryRefused):
    """A patch can't be applied to the state as it is; none of it was."""

    code = "bad_patch"


class BrokenChain(MemoryRefused):
    """A file that memory was to be read from was altered, or is not whole."""

    code = "broken_chain"


class WriteConflict(MemoryRefused):
    """Somebody else has written meanwhile. A body may try again: it reads anew."""

    code = "write_conflict"
    http_status = 409

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy, retryable=True)


class MergeConflict(MemoryRefused):
    """Two branches have changed the same differently. `conflicts` says where and how."""

    code = "merge_conflict"
    http_status = 409

    def __init__(self, message: str, *, remedy: str = "", conflicts: Sequence[Json] = ()) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(message, remedy=remedy)


class NotText(MemoryRefused):
    """A file that was to be text is none."""

    code = "not_text"


class PathRefused(MemoryRefused):
    """No file can be called that, or not beside another that looks the same."""

    code = "path_refused"


class OutOfBounds(MemoryRefused):
    """A counter would leave its bounds; it was not changed."""

    code = "out_of_bounds"
    http_status = 409


class SchemaInvalid(MemoryRefused):
    """What shall describe documents is no JSON Schema."""

    code = "schema_invalid"


class MisfitDocument(MemoryRefused):
    """A document does not fit the schema of its collection. `problems` holds all of them."""

    code = "misfit_document"

    def __init__(self, message: str, *, remedy: str = "", problems: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message, remedy=remedy)


class SqlRefused(MemoryRefused):
    """A query is no plain question over this workspace, fails, or asks for too much."""

    code = "sql_refused"


class RunNotFound(LabError):
    """No run has this id."""

    code = "run_not_found"
    http_status = 404

    def __init__(self, run_id: RunId) -> None:
        self.run_id = run_id
        super().__init__(
            f"No run {run_id!r}.", remedy="`persistentai runs` lists the runs of this workspace."
        )


class QuestionNotFound(LabError):
    """A run asks no such question."""

    code = "question_not_found"
    http_status = 404


class WrongAnswer(LabError):
    """The answer is none of the choices, or not of the type that was asked for."""

    code = "wrong_answer"
    http_status = 422


class NodeNotFound(LabError, LookupError):
    """A run has no step of this node."""

    code = "node_not_found"
    http_status = 404


class PortNotFound(LabError, LookupError):
    """A node has no input of this name."""

    code = "port_not_found"
    http_status = 404


class CannotRead(LabError):
    """A recorded value cannot be read here: its bytes are gone, or nothing here reads them."""

    code = "cannot_read"
    http_status = 404

    def __init__(self, media_type: str, size: int, why: str, *, remedy: str) -> None:
        self.media_type, self.size = media_type, size
        super().__init__(
            f"A value ({media_type}, {size:,} bytes) cannot be read: {why.rstrip('.')}.",
            remedy=remedy,
        )


class RunFailed(LabError):
    """A run ended without outputs. `status` says how, `cause` is the code of what went wrong."""

    code = "run_failed"
    http_status = 409

    def __init__(
        self,
        run_id: RunId,
        status: str,
        message: str = "",
        *,
        cause: str = "",
        node: str | None = None,
        remedy: str = "",
        traceback: str = "",
    ) -> None:
        self.run_id, self.status, self.cause, self.node = run_id, status, cause, node
        self.traceback = traceback
        """Lines of the body's own code."""
        ended = {"failed": "failed", "timed_out": "timed out"}.get(status, f"was {status}")
        where = f" at node {node!r}" if node else ""
        why = f": {message}" if message else "."
        super().__init__(f"Run {run_id} {ended}{where}{why}", remedy=remedy)


class StillRunning(LabError, TimeoutError):
    """A run has not ended in the time one wanted to wait. It goes on."""

    code = "still_running"
    http_status = 408

    def __init__(self, run_id: RunId, status: str, waited_s: float) -> None:
        self.run_id, self.status = run_id, status
        super().__init__(
            f"Run {run_id} is still {status} after {waited_s:g} s.",
            remedy="It goes on by itself: ask again later, or cancel it.",
        )


class Conflict(LabError):
    """The command no longer fits the state of what it is about."""

    code = "conflict"
    http_status = 409


class RunEnded(Conflict):
    """The run has ended; nothing can be done to it any more."""

    code = "run_ended"


class NotPaused(Conflict):
    """Only a paused run can be stepped, or given other values."""

    code = "not_paused"


class ConditionInvalid(LabError):
    """The condition of a breakpoint says what conditions cannot say."""

    code = "condition_invalid"
    http_status = 422


class AnsweredAlready(Conflict):
    """Somebody else has answered the question before."""

    code = "answered_already"


class QuestionExpired(Conflict):
    """The time to answer the question is over."""

    code = "question_expired"


class QuestionMoot(Conflict):
    """Nobody needs the answer any more: another branch of a race had won, or its flow has ended."""

    code = "question_moot"


class AccessDenied(LabError):
    """The caller may not do this."""

    code = "access_denied"
    http_status = 403


class NotAsked(AccessDenied):
    """The question is for somebody else."""

    code = "not_asked"


class Unavailable(LabError):
    """A part of the runtime is away. Nothing acknowledged is lost; trying again later can help."""

    code = "unavailable"
    http_status = 503

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: float = 1.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, remedy=remedy)


class RuntimeDown(Unavailable):
    """Nothing answers where the runtime should be."""

    code = "runtime_down"
