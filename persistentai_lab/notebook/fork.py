"""What a person wants to be different in a fork of a run, checked before anybody is asked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import NodeNotFound, PortNotFound
from ..ids import Json
from .sending import as_json

if TYPE_CHECKING:
    from ..flow.model import FlowSpec, Node

Values = dict[str, dict[str, Json]]


def wishes(
    flow: "FlowSpec", at: str | None, literals: Mapping[str, Any], values: Mapping[str, Any] | None
) -> Values:
    """Literals by node and port, as they travel.

    Raises:
        NodeNotFound: The flow has no such node; says which it has.
        PortNotFound: The node has no such input; says which it has.
        FlowInvalid: A value has no JSON form.
    """
    if literals and at is None:
        listed = ", ".join(literals)
        raise NodeNotFound(
            f"At which node are {listed}?",
            remedy="Name it first: `run.fork('node', …)`; inputs of the flow go by `inputs={…}`.",
        )
    wanted = {str(node): dict(ports) for node, ports in (values or {}).items()}
    if at is not None and literals:
        wanted[at] = {**wanted.get(at, {}), **literals}
    for name in [*filter(None, [at]), *wanted]:
        _check(_node(flow, name), wanted.get(name, {}), flow)
    return {name: as_json(ports, name) for name, ports in wanted.items()}


def _node(flow: "FlowSpec", name: str) -> "Node":
    found = flow.node(name)
    if found is None:
        known = ", ".join(node.id for node in flow.nodes) or "none"
        raise NodeNotFound(f"This run has no node {name!r}.", remedy=f"Its nodes: {known}.")
    return found


def _check(node: "Node", ports: Mapping[str, Any], flow: "FlowSpec") -> None:
    """Refuse inputs that the node's block does not have, as far as the block is known here."""
    from ..blocks.registry import catalogue

    signature = catalogue().get(node.block)
    fed = {edge.target.port for edge in flow.edges if edge.target.node == node.id}
    if signature is None:  # a person's own: the runtime has its signature, and checks it
        return
    known = {*fed, *node.values, *(port.name for port in signature.inputs)}
    for port in ports:
        if port not in known:
            raise PortNotFound(
                f"Node {node.id!r} has no input {port!r}.",
                remedy=f"Its inputs: {', '.join(sorted(known)) or 'none'}.",
            )
