"""Flows used inside flows: how they are found, and how they look from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .control.kinds import KINDS, START
from .control.outside import seen_outside
from .follow import OutputTypes
from .model import FlowSpec, Node
from .signature import Effect, Port, Signature

PREFIX = "flow:"
WEIGHT = list(Effect)
"""Effects from the lightest to the heaviest, as they are declared."""


@dataclass(frozen=True)
class Scope:
    """A flow and the flows around it: names are looked up from the inside out."""

    spec: FlowSpec
    outer: "Scope | None" = None
    _found: dict[str, "Scope"] = field(default_factory=dict, compare=False, repr=False)

    def inner(self, node: Node) -> "Scope | None":
        """The flow that a node uses as its block; None if it uses a block, or none is found."""
        name = node.block.removeprefix(PREFIX)
        return None if name == node.block else self.find(name)

    def bodies(self, node: Node) -> "dict[str, Scope]":
        """The flows that a control node runs, by the part each plays, as far as they are found."""
        found = {role: self.find(name) for role, name in sorted(node.flows.items())}
        return {role: body for role, body in found.items() if body is not None}

    def inside(self, node: Node) -> "list[Scope]":
        """All flows that a node uses, in whichever way."""
        inner = self.inner(node)
        return [*([inner] if inner is not None else ()), *self.bodies(node).values()]

    def find(self, name: str) -> "Scope | None":
        """The flow of this name, here or further out."""
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
    for node in sorted(scope.spec.nodes, key=_id):  # of several circles, always the same one
        for inner in scope.inside(node):
            if id(inner) in seen:
                continue
            seen.add(id(inner))
            found = circle(inner, (*above, scope))
            if found:
                return found
    return None


def _id(node: Node) -> str:
    return node.id


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
            if signature is not None and node.block in KINDS:
                signature = _seen_outside(node, signature, scope, catalogue)
        else:
            if id(inner) not in flows:
                flows[id(inner)] = signature_of(_name_of(node), inner, catalogue)
            signature = flows[id(inner)]
        if signature is not None:
            found.setdefault(node.id, signature)
    return found


def _seen_outside(
    node: Node, base: Signature, scope: Scope, catalogue: Mapping[str, Signature]
) -> Signature:
    bodies = scope.bodies(node)
    known = {role: signature_of(node.flows[role], body, catalogue) for role, body in bodies.items()}
    effects = [effect_of(body, catalogue) for body in bodies.values()]
    heaviest = max(effects, key=WEIGHT.index, default=base.effect)
    return seen_outside(node, base.model_copy(update={"effect": heaviest}), known)


def effect_of(scope: Scope, catalogue: Mapping[str, Signature]) -> Effect:
    """What a flow does to the world: the heaviest thing that a node in it does."""
    found = [Effect.PURE]
    for node in scope.spec.nodes:
        inner = scope.inside(node)
        if inner:
            found += [effect_of(each, catalogue) for each in inner]
        elif node.block != START:
            signature = look_up(node, catalogue)
            found.append(signature.effect if signature else Effect.READ)
        else:
            found.append(Effect.STORE)
    return max(found, key=WEIGHT.index)


def _name_of(node: Node) -> str:
    return node.block.removeprefix(PREFIX)


def look_up(node: Node, catalogue: Mapping[str, Signature]) -> Signature | None:
    """The signature of a node's block in the node's version."""
    found = catalogue.get(node.block)
    if found is not None and found.version != node.version:
        return catalogue.get(f"{node.block}@{node.version}")
    return found
