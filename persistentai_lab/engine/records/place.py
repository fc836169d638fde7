"""What is the same about a node in every run of a version: worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...flow.model import Approval, Node, Policy, Retry
from ...flow.signature import Effect, Signature, code_unit
from ...ids import NodeId
from .record import Version
from .values import Value

_NONE = Policy()


@dataclass(frozen=True, slots=True)
class Place:
    """A node where it stands in a flow."""

    node: Node
    signature: Signature
    retry: Retry
    timeout_s: float | None
    approval: Approval | None
    unit: str | None
    """The unit of a person's own code that its body is in."""
    only_looks: bool
    """Whether its effect is none that others see, and no person is asked before it."""
    literals: Mapping[str, Value]
    feeds: tuple[tuple[str, NodeId, str], ...]
    """Port, and the node and port that feed it."""
    ports: tuple[str, ...]
    """Names of its outputs."""


def place_of(version: Version, node_id: NodeId) -> Place:
    """The place of a node in a flow."""
    place = version.places.get(node_id)
    if place is None:
        place = version.places[node_id] = _place(version, node_id)
    return place


def _place(version: Version, node_id: NodeId) -> Place:
    node = version.nodes[node_id]
    signature = version.signature(node)
    policy = node.policy or _NONE
    feeds = version.feeds[node_id].items()
    return Place(
        node,
        signature,
        policy.retry or signature.retry,
        policy.timeout_s or signature.timeout_s,
        policy.approval,
        code_unit(node.block),
        signature.effect in (Effect.PURE, Effect.READ) and policy.approval is None,
        {port: Value.of_json(value) for port, value in node.values.items()},
        tuple((port, NodeId(source.node), source.port) for port, source in feeds),
        tuple(port.name for port in signature.outputs),
    )
