"""A flow with other literals: what a person does on the canvas, or with `flow.set`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..errors import FlowInvalid, Problem
from ..ids import Json
from .model import FlowSpec, Node
from .scope import PREFIX, Scope

NAME_MAX = 90

Values = Mapping[str, Mapping[str, Json]]
"""Literals by node and port."""


def with_values(spec: FlowSpec, values: Values) -> FlowSpec:
    """The same flow with these literals in place of its own. The flow given stays as it is.

    A node inside another flow is named `outer/inner`; of the flow inside there is a copy then, for
    other nodes may use the one that was. Whether the values fit their ports is for `check` to say.

    Raises:
        FlowInvalid: A node is not there, or an edge feeds the port already; names all of them.
    """
    changed = {node: dict(ports) for node, ports in values.items() if ports}
    problems = list(_refused(Scope(spec), changed, ""))
    if problems:
        raise FlowInvalid(problems)
    return _changed(Scope(spec), changed)


def _changed(scope: Scope, values: Values) -> FlowSpec:
    spec, (here, inside) = scope.spec, _sorted(scope, values)
    flows = dict(spec.flows)
    nodes = []
    for node in spec.nodes:
        inner = scope.inner(node)
        if node.id in inside and inner is not None:
            name = _free(scope, flows, node)
            flows[name] = _changed(inner, inside[node.id])
            node = node.model_copy(update={"block": f"{PREFIX}{name}"})
        nodes.append(_edited(node, here.get(node.id)))
    return spec.model_copy(update={"nodes": tuple(nodes), "flows": flows})


def _sorted(
    scope: Scope, values: Values
) -> tuple[Values, dict[str, dict[str, Mapping[str, Json]]]]:
    """What is of nodes here, and, by node, what is of nodes in its flow; the rest is of none."""
    known = {node.id: node for node in scope.spec.nodes}
    inside: dict[str, dict[str, Mapping[str, Json]]] = {}
    for name, ports in values.items():
        outer, _, rest = name.partition("/")
        if name not in known and outer in known and scope.inner(known[outer]) is not None:
            inside.setdefault(outer, {})[rest] = ports
    return {name: ports for name, ports in values.items() if name in known}, inside


def _free(scope: Scope, flows: Mapping[str, FlowSpec], node: Node) -> str:
    """A name for the copy of a node's flow that no flow has yet."""
    wanted = f"{node.block.removeprefix(PREFIX)}_of_{node.id}"[:NAME_MAX]
    name, count = wanted, 1
    while name in flows or scope.find(name) is not None:
        count += 1
        name = f"{wanted}_{count}"
    return name


def _refused(scope: Scope, values: Values, prefix: str) -> Iterator[Problem]:
    here, inside = _sorted(scope, values)
    lost = [name for name in values if name not in here and name.partition("/")[0] not in inside]
    for problem in (*_missing(scope.spec, lost), *_fed(scope.spec, here)):
        yield replace(problem, node=f"{prefix}{problem.node}")
    known = {node.id: node for node in scope.spec.nodes}
    for outer, theirs in inside.items():
        inner = scope.inner(known[outer])
        assert inner is not None
        yield from _refused(inner, theirs, f"{prefix}{outer}/")


def _edited(node: Node, values: Mapping[str, Json] | None) -> Node:
    return node.model_copy(update={"values": {**node.values, **values}}) if values else node


def _missing(spec: FlowSpec, lost: Iterable[str]) -> list[Problem]:
    known = [node.id for node in spec.nodes]
    return [
        Problem(
            "node_not_found",
            f"The flow has no node {name!r}.",
            f"It has {', '.join(known[:20]) or 'none'}.",
            name,
        )
        for name in lost
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
