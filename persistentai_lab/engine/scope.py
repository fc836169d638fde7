"""A flow being walked: the run's own, or one that a control node has opened inside it.

Both are walked alike. What differs is where they stand: an inner scope's paths and ids extend those
of the control node by what is recorded only (an index, a branch), so they never depend on time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..events import model as events
from ..flow.model import INPUT, PortRef
from ..ids import NodeId, Path
from .record import Attempt, Record, Version
from .values import Value


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
    outputs: dict[NodeId, dict[str, Value]] = field(default_factory=dict)
    failed: dict[NodeId, events.ErrorInfo] = field(default_factory=dict)
    stopped: bool = False
    """Whether whoever opened it wants nothing more of it."""

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
            last = attempts.get(self.path_of(node), _NONE)[-1:]
            if last and last[0].status == "completed":
                self.outputs[node] = recorded(last[0].outputs)

    def path_of(self, node: NodeId) -> Path:
        """A node's path in the run."""
        return Path(f"{self.path}{self.version.plan.paths[node]}")

    def id_of(self, node: NodeId) -> NodeId:
        """A node's id in the run."""
        return NodeId(f"{self.name}{node}")

    def value(self, source: PortRef) -> Value | None:
        """What a port gave; None if that is left to a default."""
        return self.outputs[NodeId(source.node)].get(source.port)

    @property
    def done(self) -> set[NodeId]:
        """Nodes whose outputs are there."""
        return {node for node in self.version.nodes if node in self.outputs}

    @property
    def is_done(self) -> bool:
        """Whether the outputs of all its nodes are there."""
        return all(node in self.outputs for node in self.version.nodes)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new may start, here or in a scope around."""
        scope: Scope | None = self
        while scope is not None:
            if scope.failed or scope.stopped:
                return True
            scope = scope.outer
        return False


_NONE: list[Attempt] = []


def recorded(outputs: Mapping[str, Any] | None) -> dict[str, Value]:
    """The outputs of a step, as they were recorded."""
    return {name: Value.from_record(value) for name, value in (outputs or {}).items()}
