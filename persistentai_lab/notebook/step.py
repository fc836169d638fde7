"""A node of a run: what it got, what it came to, how long it took, what it gave."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from ..client import Inline, RunDetail, StepRecord, Trouble, Value
from ..client.words import between, shape
from ..errors import NodeNotFound
from ..flow.model import INPUT
from ..ids import NodeId
from .known import Known
from .log import Logs, logs_of

if TYPE_CHECKING:
    from ..flow.model import Edge, Node


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of an input comes from."""

    text: str
    """`read.result`, `the flow's 'path'`, `set here`."""
    value: Value | None
    """None while it is not there."""


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """A node of a run, with its latest attempt."""

    record: StepRecord
    status: str
    """Of the attempt, in the words of a run: `running`, `waiting`, `completed`, …"""
    tries: tuple[StepRecord, ...]
    """All attempts, the latest last."""
    _known: Known

    @property
    def node(self) -> str:
        """Id of the node."""
        return self.record.node

    @property
    def path(self) -> str:
        """Where it stands in the plan."""
        return self.record.path

    @property
    def block(self) -> str:
        """Name of its block."""
        return self.record.block

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return self.record.attempt

    @property
    def reused_from(self) -> str | None:
        """Id of the run that it was really run in; None for this one."""
        return self.record.reused_from

    @property
    def error(self) -> Trouble | None:
        """Why it failed."""
        return self.record.error

    @property
    def inputs(self) -> dict[str, Any]:
        """What it was given, by port, as far as it is there. Ports left at their default aside."""
        return {
            port: self._known.value(source.value)
            for port, source in self.sources.items()
            if source.value is not None
        }

    @property
    def sources(self) -> dict[str, Source]:
        """Where its inputs come from, by port."""
        known = self._known
        flow, run = known.flow, known.detail
        node = flow.node(self.node)
        found = {} if node is None else _literals(node)
        for edge in flow.edges:
            if edge.target.node == self.node:
                found[edge.target.port] = _along(edge, run, known)
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        """What it gave, by port."""
        given = self.record.outputs or {}
        return {name: self._known.value(value) for name, value in given.items()}

    @property
    def output(self) -> Any:
        """What it gave: the value of its only port, else all of them by name."""
        outputs = self.outputs
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def show(self) -> None:
        """Display what it gave as what it is, a chart as a chart. Raises `LabError`."""
        from .show import show

        for value in self.outputs.values():
            show(value)

    @property
    def logs(self) -> Logs:
        """What it said while it ran."""
        return logs_of(self._known.events(), node=self.node)

    @property
    def took(self) -> str:
        """How long, for people."""
        return between(self.record.started_at, self.record.ended_at)

    @property
    def started_at(self) -> datetime | None:
        """When the attempt began."""
        return self.record.started_at

    @property
    def ended_at(self) -> datetime | None:
        """When the attempt was over."""
        return self.record.ended_at

    def __repr__(self) -> str:
        again = f"(attempt {self.attempts})" if self.attempts > 1 else ""
        told = (shape(self.status), self.status, self.took, again)
        return f"<step {self.node}: {' '.join(filter(None, told))}>"

    def _repr_html_(self) -> str:
        from .cards import step_html

        return step_html(self, self._known)


_WELL = ("completed", "reused", "skipped")
_MOST_INSIDE = 20
"""Of the nodes of flows inside, so many that have not ended well are listed."""


class Steps(tuple[Step, ...]):
    """The nodes of a run; a table in a cell. By position, by id, or by path in the plan."""

    __slots__ = ()

    @overload
    def __getitem__(self, which: SupportsIndex | str, /) -> Step: ...
    @overload
    def __getitem__(self, which: slice, /) -> "Steps": ...
    def __getitem__(self, which: "SupportsIndex | str | slice", /) -> "Step | Steps":
        if isinstance(which, str):
            return self._named(which)
        if isinstance(which, slice):
            return Steps(super().__getitem__(which))
        return super().__getitem__(which)

    def _named(self, name: str) -> Step:
        for step in self:
            if name in (step.node, step.path):
                return step
        known = ", ".join(step.node for step in self if not step.record.inside) or "none yet"
        raise NodeNotFound(f"This run has no node {name!r}.", remedy=f"Its nodes: {known}.")

    def _ipython_key_completions_(self) -> list[str]:
        return [step.node for step in self]

    def __repr__(self) -> str:
        told = [step for step in self if not step.record.inside]
        inside = [step for step in self if step.record.inside]
        told += [step for step in inside if step.status not in _WELL][:_MOST_INSIDE]
        more = len(self) - len(told)
        lines = [*map(repr, told), *([f"<{more} more in flows inside>"] if more else [])]
        return "\n".join(lines) or "<no steps>"

    def _repr_html_(self) -> str:
        from .tables import steps_html

        return steps_html(self)


def steps_of(run: RunDetail, known: Known) -> Steps:
    """One step a node, each with its latest attempt: in the order in which they began.

    Those that have not begun come last, as the flow has them; then those of flows that control
    nodes have opened.
    """
    tries: dict[str, list[StepRecord]] = {}
    for record in run.steps:
        tries.setdefault(record.path, []).append(record)
    for records in tries.values():
        records.sort(key=lambda record: record.attempt)
    asked = {question.node for question in run.open_questions}
    begun = [_step(records, run, asked, known) for records in tries.values()]
    planned = [step for step in begun if not step.record.inside]
    inside = [step for step in begun if step.record.inside]
    return Steps((*planned, *_not_begun({step.node for step in planned}, run, known), *inside))


def _not_begun(begun: set[str], run: RunDetail, known: Known) -> Iterator[Step]:
    ahead = [node for node in known.flow.nodes if node.id not in begun]
    nodes = known.view().nodes if ahead and run.is_ended else {}
    for node in ahead:
        seen = nodes.get(NodeId(node.id))
        status = seen.status if seen is not None else "pending"
        record = StepRecord(
                path="", node=node.id, block=node.block, version=node.version, attempt=0,
                status=status,
            )  # fmt: skip
        yield Step(record, status, (), known)


def _step(records: list[StepRecord], run: RunDetail, asked: set[str | None], known: Known) -> Step:
    record = records[-1]
    status = record.status
    if status == "started":  # what its record says; a person wants to know what it does now
        working = "waiting" if record.node in asked else "running"
        status = "cancelled" if run.is_ended else working
    elif record.reused_from is not None:
        status = "reused"
    return Step(record, status, tuple(records), known)


def _literals(node: "Node") -> dict[str, Source]:
    return {port: Source("set here", Inline(json=value)) for port, value in node.values.items()}


def _along(edge: "Edge", run: RunDetail, known: Known) -> Source:
    """What an edge brings, as far as it has been recorded."""
    name, port = edge.source.node, edge.source.port
    if name == INPUT:
        told = f"the flow's input {port}"
        if port in run.refs:
            return Source(told, run.refs[port])
        given = known.flow.inputs.get(port)
        default = given.default if given is not None else None
        return Source(told, Inline(json=run.inputs.get(port, default)))
    ended = [record for record in run.steps if record.node == name and record.status == "completed"]
    outputs = ended[-1].outputs or {} if ended else {}
    return Source(str(edge.source), outputs.get(port))
