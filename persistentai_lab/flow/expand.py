"""Flows used as blocks: how they are found, how they look from outside, how they are inlined."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import FlowInvalid, Problem
from .follow import OutputTypes
from .model import INPUT, Edge, FlowSpec, Node, PortRef
from .signature import Effect, Port, Signature

PREFIX = "flow:"


@dataclass(frozen=True)
class Scope:
    """A flow and the flows around it: names are looked up from the inside out."""

    spec: FlowSpec
    outer: "Scope | None" = None
    _found: dict[str, "Scope"] = field(default_factory=dict, compare=False, repr=False)

    def inner(self, node: Node) -> "Scope | None":
        """The flow that a node uses as its block; None if it uses a block, or none is found."""
        name = node.block.removeprefix(PREFIX)
        if name == node.block:
            return None
        scope: Scope | None = self
        while scope is not None:
            if name in scope.spec.flows:
                if name not in scope._found:
                    scope._found[name] = Scope(scope.spec.flows[name], scope)
                return scope._found[name]
            scope = scope.outer
        return None


def circle(scope: Scope, above: tuple[Scope, ...] = ()) -> list[str] | None:
    """The names of flows that use each other in a circle, if there are any."""
    if any(scope is other for other in above):
        return [other.spec.name for other in (*above, scope)]
    seen: set[int] = set()
    for node in scope.spec.nodes:
        inner = scope.inner(node)
        if inner is None or id(inner) in seen:
            continue
        seen.add(id(inner))
        found = circle(inner, (*above, scope))
        if found:
            return found
    return None


def signature_of(
    name: str, scope: Scope, catalogue: Mapping[str, Signature], version: int = 1
) -> Signature:
    """A flow seen from outside, as a block. What cannot be known of a type is left open."""
    types = OutputTypes(scope.spec, signatures_in(scope, catalogue))
    return Signature(
        block=f"{PREFIX}{name}",
        version=version,
        title=scope.spec.name,
        effect=Effect.READ,
        inputs=tuple(
            Port(name=key, type=value.type, required=not value.has_default, default=value.default)
            for key, value in scope.spec.inputs.items()
        ),
        outputs=tuple(
            Port(name=key, type=types.at(ref) or {}) for key, ref in scope.spec.outputs.items()
        ),
    )


def signatures_in(scope: Scope, catalogue: Mapping[str, Signature]) -> dict[str, Signature]:
    """The signatures of a flow's nodes by their ids, as far as they are known."""
    found: dict[str, Signature] = {}
    flows: dict[int, Signature] = {}
    for node in scope.spec.nodes:
        inner = scope.inner(node)
        if inner is None:
            signature = look_up(node, catalogue)
        else:
            if id(inner) not in flows:
                flows[id(inner)] = signature_of(_name_of(node), inner, catalogue)
            signature = flows[id(inner)]
        if signature is not None:
            found.setdefault(node.id, signature)
    return found


def _name_of(node: Node) -> str:
    return node.block.removeprefix(PREFIX)


def look_up(node: Node, catalogue: Mapping[str, Signature]) -> Signature | None:
    """The signature of a node's block in the node's version."""
    found = catalogue.get(node.block)
    if found is not None and found.version != node.version:
        return catalogue.get(f"{node.block}@{node.version}")
    return found


def expand(spec: FlowSpec) -> FlowSpec:
    """The same flow without flows inside: their nodes become `outer/inner`, wired through.

    Expects a flow without problems (see `check`).

    Raises:
        FlowInvalid: Flows use each other in a circle, or one is not there.
    """
    if not any(node.block.startswith(PREFIX) for node in spec.nodes):
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
    inside: dict[str, FlowSpec] = {}
    for node in spec.nodes:
        if node.block.startswith(PREFIX):
            inner = scope.inner(node)
            if inner is None:
                raise FlowInvalid([_missing(node)])
            inside[node.id] = _expand(inner)
    fed: dict[str, dict[str, list[PortRef]]] = defaultdict(lambda: defaultdict(list))
    for edge in spec.edges:
        if edge.target.node in inside:
            fed[edge.target.node][edge.target.port].append(edge.source)
    wiring = _Wiring(inside, fed)
    nodes: list[Node] = []
    edges = [
        Edge(source=source, target=edge.target)
        for edge in spec.edges
        if edge.target.node not in inside
        for source in wiring.sources(edge.source)
    ]
    for node in spec.nodes:
        if node.id not in inside:
            nodes.append(node)
            continue
        nodes += wiring.nodes(node)
        edges += wiring.edges(node)
    outputs = {name: next(wiring.sources(ref), ref) for name, ref in spec.outputs.items()}
    return spec.model_copy(
        update={
            "nodes": tuple(nodes),
            "edges": tuple(edges),
            "outputs": outputs,
            "flows": {},
            "layout": {key: spot for key, spot in spec.layout.items() if key not in inside},
        }
    )


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


def _missing(node: Node) -> Problem:
    return Problem(
        code="unknown_flow",
        message=f"Flow {node.block.removeprefix(PREFIX)!r} is not part of this one.",
        remedy="Add it under `flows`, or use another block.",
        node=node.id,
    )
