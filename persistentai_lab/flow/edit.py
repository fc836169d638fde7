"""A flow with other literals: what a person does on the canvas, or with `flow.set`."""

from collections.abc import Mapping

from ..errors import FlowInvalid, Problem
from ..ids import Json
from .expand import expand
from .model import FlowSpec, Node

Values = Mapping[str, Mapping[str, Json]]
"""Literals by node and port."""


def with_values(spec: FlowSpec, values: Values) -> FlowSpec:
    """The same flow with these literals in place of its own. The flow given stays as it is.

    A node inside another flow is named `outer/inner`; such a flow comes back expanded. Whether the
    values fit their ports is for `check` to say.

    Raises:
        FlowInvalid: A node is not there, or an edge feeds the port already; names all of them.
    """
    changed = {node: dict(ports) for node, ports in values.items() if ports}
    if any("/" in node for node in changed):
        spec = expand(spec)
    problems = [*_missing(spec, changed), *_fed(spec, changed)]
    if problems:
        raise FlowInvalid(problems)
    nodes = tuple(_edited(node, changed.get(node.id)) for node in spec.nodes)
    return spec.model_copy(update={"nodes": nodes})


def _edited(node: Node, values: Mapping[str, Json] | None) -> Node:
    return node.model_copy(update={"values": {**node.values, **values}}) if values else node


def _missing(spec: FlowSpec, values: Values) -> list[Problem]:
    known = [node.id for node in spec.nodes]
    return [
        Problem(
            "node_not_found",
            f"The flow has no node {name!r}.",
            f"It has {', '.join(known[:20]) or 'none'}.",
            name,
        )
        for name in values
        if name not in known
    ]


def _fed(spec: FlowSpec, values: Values) -> list[Problem]:
    return [
        Problem(
            "port_fed",
            f"{str(edge.source).removeprefix('$input.')!r} feeds this input already.",
            "Change what it comes from, or cut the edge.",
            edge.target.node,
            edge.target.port,
        )
        for edge in spec.edges
        if edge.target.port in values.get(edge.target.node, {})
    ]
