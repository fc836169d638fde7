"""What a node runs: the nodes of its flows, named as a run names them (`each/*/fetch`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import islice

from .control.call import as_run
from .control.kinds import START, key_of
from .model import FlowSpec, Node
from .scope import Scope

INSIDE_MAX = 100
"""Flows in flows may have any number of nodes; so many of them a drawing knows of."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A node of a flow inside."""

    at: str
    """Its id in a run, with a star for the number of an item or a round."""
    name: str
    """The end of it: what stands after the part of the outermost node."""
    role: str
    """The part that its flow plays at the outermost node."""
    port: str | None
    """An input of it that gets a value, to speak of in a condition."""


def nodes_inside(scope: Scope, node: Node) -> tuple[Inside, ...]:
    """The nodes of the flows that a node runs, and of those in them, in the order of running.

    The flows may not use each other in a circle.
    """
    return tuple(islice(_inside(scope, node, node.id, "", None), INSIDE_MAX))


def _inside(scope: Scope, node: Node, at: str, outer: str, role: str | None) -> Iterator[Inside]:
    node = as_run(node)
    for part, body in _flows(scope, node):
        key = f"{key_of(node.block, part)}/" if part else ""
        names = f"{outer}/{key}" if outer else ""
        nodes = {it.id: as_run(it) for it in body.spec.nodes}
        for name in in_order(body.spec):
            it = nodes[name]
            here, called = f"{at}/{key}{name}", f"{names}{name}"
            own = part if role is None else role
            if body.inner(it) is None:  # what is inlined is no node of a run
                yield Inside(here, called, own, _port(body.spec, it))
            yield from _inside(body, it, here, called, own)


def _flows(scope: Scope, node: Node) -> Iterator[tuple[str, Scope]]:
    """The flows that a node runs in its own run, by their parts; an inlined one plays none."""
    inner = scope.inner(node)
    if inner is not None:
        yield "", inner
    elif node.block != START:
        yield from scope.bodies(node).items()


def _port(spec: FlowSpec, node: Node) -> str | None:
    fed = [edge.target.port for edge in spec.edges if edge.target.node == node.id]
    return next(iter([*fed, *node.values]), None)


def in_order(spec: FlowSpec) -> list[str]:
    """The nodes of a flow, in an order in which they may run."""
    after: dict[str, set[str]] = {node.id: set() for node in spec.nodes}
    for edge in spec.edges:
        if edge.source.node in after and edge.target.node in after:
            after[edge.target.node].add(edge.source.node)
    try:
        return [*TopologicalSorter(after).static_order()]
    except CycleError:
        return [*after]
