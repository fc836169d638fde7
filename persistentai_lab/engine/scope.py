"""A flow being walked: the run's own, or one that a control node has opened inside it.

Both are walked alike. What differs is where they stand: an inner scope's paths and ids extend those
of the control node by what is recorded only (an index, a branch), so they never depend on time.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..events import model as events
from ..flow.model import INPUT, PortRef
from ..ids import NodeId, Path
from .racing import beaten, unneeded
from .records.batch import Batch
from .records.record import Attempt, Record, Version
from .records.values import Value
from .steps.stopping import Why

T = TypeVar("T")


class Stopped(Exception):
    """The flow in which a node waited has failed, or is wanted no longer."""


class AtWork(Protocol):
    """A node that has begun and has no outcome yet."""

    def stop(self, why: Why, *, whole: bool) -> Batch:
        """Let it wait no longer; if `whole`, let its body end too. Returns what is to be recorded.

        It is then recorded as skipped.
        """


@dataclass(slots=True)
class Slot:
    """A place among those that may be under way at a time."""

    places: asyncio.Semaphore
    is_taken: bool = False

    async def take(self) -> None:
        """Wait for a place."""
        if not self.is_taken:
            await self.places.acquire()
            self.is_taken = True

    def give(self) -> None:
        """Leave the place to another."""
        if self.is_taken:
            self.is_taken = False
            self.places.release()


@dataclass(slots=True, eq=False)
class Scope:
    """The nodes of one flow, and what has become of them."""

    version: Version
    inputs: Mapping[str, Value]
    path: str = ""
    """What stands before the paths of its nodes: `s0/each/17/`."""
    name: str = ""
    """What stands before their ids: `each/17/`."""
    outer: "Scope | None" = None
    slot: Slot | None = None
    """The place that it takes among its like."""
    outputs: dict[NodeId, dict[str, Value]] = field(default_factory=dict)
    failed: dict[NodeId, events.ErrorInfo] = field(default_factory=dict)
    """What has failed, and the flow with it."""
    forgiven: dict[NodeId, events.ErrorInfo] = field(default_factory=dict)
    """What has failed, and is only out of a race (see `racing`)."""
    skipped: set[NodeId] = field(default_factory=set)
    """What was stopped, and is recorded so."""
    unneeded: set[NodeId] = field(default_factory=set)
    """What nobody waits for any more, since a race is decided or somebody is out of it."""
    at_work: dict[NodeId, AtWork] = field(default_factory=dict)
    _is_stopped: bool = False
    _waiting: set[asyncio.Task[Any]] = field(default_factory=set)

    @classmethod
    def of_run(cls, record: Record) -> "Scope":
        """The flow that was started, with all that is recorded of it."""
        inputs = {
            **{name: Value.of_json(value) for name, value in record.inputs.items()},
            **{name: Value.from_record(ref) for name, ref in record.refs.items()},
        }
        scope = cls(record.version, inputs)
        scope.recall(record.attempts)
        return scope

    def recall(self, attempts: Mapping[str, list[Attempt]]) -> None:
        """Take in what is recorded."""
        self.outputs[NodeId(INPUT)] = dict(self.inputs)
        for node in self.version.nodes:
            past = attempts.get(self.path_of(node))
            if not past:
                continue
            last = past[-1]
            if last.status == "completed":
                self.outputs[node] = recorded(last.outputs)
            elif last.status == "failed" and last.error and last.error.get("final"):
                self.fail(node, told(last.error))
            elif last.status == "skipped":
                self.skipped.add(node)
        self.unneeded.update(self.no_longer_needed())

    def path_of(self, node: NodeId) -> Path:
        """A node's path in the run."""
        return Path(f"{self.path}{self.version.plan.paths[node]}")

    @property
    def paths(self) -> list[Path]:
        """The paths of all its nodes in the run."""
        return [self.path_of(node) for node in self.version.nodes]

    def id_of(self, node: NodeId) -> NodeId:
        """A node's id in the run."""
        return NodeId(f"{self.name}{node}")

    def value(self, source: PortRef) -> Value | None:
        """What a port gave; None if that is left to a default, or is not there yet."""
        return self.outputs.get(NodeId(source.node), _NOTHING).get(source.port)

    @property
    def done(self) -> set[NodeId]:
        """Nodes whose outputs are there."""
        return {node for node in self.version.nodes if node in self.outputs}

    @property
    def is_done(self) -> bool:
        """Whether the outputs of all its nodes are there that anybody needs."""
        return all(node in self.outputs or node in self.unneeded for node in self.version.nodes)

    @property
    def has_ended(self) -> tuple[Collection[NodeId], ...]:
        """The nodes that have an outcome, by what it is."""
        return self.outputs, self.failed, self.forgiven, self.skipped

    @property
    def was_stopped(self) -> bool:
        """Whether something of it was stopped that it would need to be done."""
        return not self.skipped <= self.unneeded

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new may start, here or in a scope around."""
        return any(scope._is_stopped or scope.failed for scope in self._around())

    def _around(self) -> "Iterator[Scope]":
        """This one and those around it, from the inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def fail(self, node: NodeId, error: events.ErrorInfo) -> bool:
        """A node has failed for good. True when the flow has, too."""
        is_forgiven = node in self.version.runners
        (self.forgiven if is_forgiven else self.failed)[node] = error
        return not is_forgiven

    def no_longer_needed(self) -> list[NodeId]:
        """What is unneeded, and not known to be."""
        found = unneeded(self.version, self.outputs, self.forgiven)
        return [node for node in found if node not in self.unneeded]

    @property
    def beaten(self) -> list[NodeId]:
        """Races that nobody can win any more, and that have not said so yet."""
        return beaten(self.version, self.outputs, self.forgiven)

    def stop(self, why: Why, *, whole: bool = False) -> Batch:
        """Let nothing more start, here and inside, and nobody wait; what is recorded of that.

        Bodies that run may finish, unless `whole`.
        """
        self._is_stopped = True
        batch = Batch()
        for step in list(self.at_work.values()):
            batch.add(step.stop(why, whole=whole))
        for task in self._waiting:
            task.cancel()
        return batch

    @contextmanager
    def working(self, node: NodeId, step: AtWork) -> Iterator[None]:
        """While a node is at work, it can be stopped."""
        self.at_work[node] = step
        try:
            yield
        finally:
            del self.at_work[node]

    async def unless_stopped(self, waiting: Coroutine[Any, Any, T]) -> T:
        """Wait for a person, or until that is in vain; others may be under way meanwhile.

        Raises:
            Stopped: It is in vain.
        """
        task = asyncio.ensure_future(waiting)
        self._waiting.add(task)
        slots = [scope.slot for scope in self._around() if scope.slot is not None]
        try:
            if self.is_stopping:
                task.cancel()
            for slot in slots:
                slot.give()
            found = await task
            for slot in reversed(slots):
                await slot.take()
            return found
        except asyncio.CancelledError:
            if (current := asyncio.current_task()) and current.cancelling():
                task.cancel()
                raise
            raise Stopped from None
        finally:
            self._waiting.discard(task)


_NOTHING: dict[str, Value] = {}


def recorded(outputs: Mapping[str, Any] | None) -> dict[str, Value]:
    """The outputs of a step, as they were recorded."""
    return {name: Value.from_record(value) for name, value in (outputs or {}).items()}


def told(error: Mapping[str, Any]) -> events.ErrorInfo:
    """An error, as it was recorded."""
    return events.ErrorInfo.model_validate({k: v for k, v in error.items() if k != "final"})
