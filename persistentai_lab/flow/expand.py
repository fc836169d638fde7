"""Flows used as blocks are inlined, so that a run has one flow; what control nodes run stays.

So does a flow that has a time or retries: these are of all in it together, so a node runs it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import FlowInvalid, Problem
from .control.call import as_run
from .model import INPUT, Budget, Edge, FlowSpec, Node, PortRef
from .scope import PREFIX, Scope, circle


def expand(spec: FlowSpec) -> FlowSpec:
    """The same flow without flows as nodes: what is in them becomes `outer/inner`, wired through.

    One that has a time or retries becomes a control node that runs it.

    Expects a flow without problems (see `check`).

    Raises:
        FlowInvalid: Flows use each other in a circle, or one is not there.
    """
    if not any(node.flows or node.block.startswith(PREFIX) for node in spec.nodes):
        return spec.model_copy(update={"flows": {}}) if spec.flows else spec
    found = circle(Scope(spec))
    if found:
        raise FlowInvalid([circle_problem(found)])
    return _expand(Scope(spec))


def circle_problem(names: list[str]) -> Problem:
    """How a circle of flows is told."""
    return Problem(
        code="flow_circle",
        message=f"Flows use each other in a circle: {' → '.join(names)}.",
        remedy="A flow cannot contain itself; take one of them out.",
    )


def _expand(scope: Scope) -> FlowSpec:
    spec = scope.spec
    drawn = [as_run(node) for node in spec.nodes]
    inside: dict[str, FlowSpec] = {}
    for node in drawn:
        if node.block.startswith(PREFIX):
            inner = scope.inner(node)
            if inner is None:
                raise FlowInvalid([_missing(node, node.block.removeprefix(PREFIX))])
            inside[node.id] = _expand(inner)
    fed: dict[str, dict[str, list[PortRef]]] = defaultdict(lambda: defaultdict(list))
    for edge in spec.edges:
        if edge.target.node in inside:
            fed[edge.target.node][edge.target.port].append(edge.source)
    bodies = _Bodies()
    wiring = _Wiring(inside, fed)
    nodes: list[Node] = []
    edges = [
        Edge(source=source, target=edge.target)
        for edge in spec.edges
        if edge.target.node not in inside
        for source in wiring.sources(edge.source)
    ]
    for node in drawn:
        if node.id not in inside:
            nodes.append(bodies.kept(node, {k: _expand(it) for k, it in _found(scope, node)}))
            continue
        flows = inside[node.id].flows
        nodes += [
            bodies.kept(it, {role: flows[name] for role, name in it.flows.items()})
            for it in wiring.nodes(node)
        ]
        edges += wiring.edges(node)
    outputs = {name: next(wiring.sources(ref), ref) for name, ref in spec.outputs.items()}
    budgets = dict(_budgets(spec, inside))
    return spec.model_copy(
        update={
            "nodes": tuple(nodes),
            "edges": tuple(edges),
            "outputs": outputs,
            "flows": bodies.flows,
            "layout": {key: spot for key, spot in spec.layout.items() if key not in inside},
            **({"budgets": budgets} if budgets else {}),
        }
    )


def _budgets(spec: FlowSpec, inside: Mapping[str, FlowSpec]) -> Iterator[tuple[str, Budget]]:
    """What may be spent in the flows that were inlined; of two budgets for one, both hold."""
    yield from spec.budgets.items()
    for node in spec.nodes:
        if node.id not in inside:
            continue
        if node.policy is not None and node.policy.budget is not None:
            yield f"{node.id}/", node.policy.budget
        inner = inside[node.id]
        if inner.budget is not None:
            yield f"{node.id}//", inner.budget
        for key, budget in inner.budgets.items():
            yield f"{node.id}/{key}", budget


def _found(scope: Scope, node: Node) -> Iterator[tuple[str, Scope]]:
    for role, name in sorted(node.flows.items()):
        body = scope.find(name)
        if body is None:
            raise FlowInvalid([_missing(node, name)])
        yield role, body


@dataclass(frozen=True, slots=True)
class _Bodies:
    """The flows that control nodes run, each under a name of its own."""

    flows: dict[str, FlowSpec] = field(default_factory=dict)

    def kept(self, node: Node, bodies: Mapping[str, FlowSpec]) -> Node:
        """The node, naming its flows as they are called here."""
        if not bodies:
            return node
        names = {role: self._name(node.flows[role], body) for role, body in bodies.items()}
        return node.model_copy(update={"flows": names})

    def _name(self, wanted: str, body: FlowSpec) -> str:
        name, count = wanted, 1
        while self.flows.setdefault(name, body) != body:
            count += 1
            name = f"{wanted[:90]}_{count}"
        return name


@dataclass(frozen=True, slots=True)
class _Wiring:
    """Knows where each port of an inlined flow went."""

    inside: Mapping[str, FlowSpec]
    fed: Mapping[str, Mapping[str, list[PortRef]]]

    def sources(self, ref: PortRef) -> Iterator[PortRef]:
        """Where a value really comes from."""
        spec = self.inside.get(ref.node)
        if spec is None:
            yield ref
        elif ref.port in spec.outputs:
            yield _nested(ref.node, spec.outputs[ref.port])

    def nodes(self, outer: Node) -> Iterator[Node]:
        """The nodes of an inlined flow, with the literals that came from outside."""
        spec = self.inside[outer.id]
        literals: dict[str, dict[str, object]] = defaultdict(dict)
        for edge in spec.edges:
            if edge.source.node != INPUT or self.fed[outer.id].get(edge.source.port):
                continue
            flow_input = spec.inputs.get(edge.source.port)
            if edge.source.port in outer.values:
                literals[edge.target.node][edge.target.port] = outer.values[edge.source.port]
            elif flow_input is not None and flow_input.has_default:
                literals[edge.target.node][edge.target.port] = flow_input.default
        for node in spec.nodes:
            values = {**node.values, **literals[node.id]}
            yield node.model_copy(update={"id": f"{outer.id}/{node.id}", "values": values})

    def edges(self, outer: Node) -> Iterator[Edge]:
        """The edges of an inlined flow, those of its inputs tied to what feeds it."""
        for edge in self.inside[outer.id].edges:
            target = _nested(outer.id, edge.target)
            if edge.source.node != INPUT:
                yield Edge(source=_nested(outer.id, edge.source), target=target)
                continue
            for source in self.fed[outer.id].get(edge.source.port, ()):
                for real in self.sources(source):
                    yield Edge(source=real, target=target)


def _nested(outer: str, ref: PortRef) -> PortRef:
    return PortRef(node=f"{outer}/{ref.node}", port=ref.port)


def _missing(node: Node, name: str) -> Problem:
    return Problem(
        code="unknown_flow",
        message=f"Flow {name!r} is not part of this one.",
        remedy="Add it under `flows`, or use another block.",
        node=node.id,
    )
