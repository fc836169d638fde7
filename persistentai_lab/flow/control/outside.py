"""A control node as it looks from outside: its own ports, and those of the flows that it runs."""

from collections.abc import Iterator, Mapping

from ...ids import Json, JsonSchema
from ..combine import NULL, all_of, any_of, item_of, list_of, object_of
from ..model import Node
from ..schema import kind_of
from ..signature import Port, Signature
from ..values import PAI_TYPE
from . import kinds
from .failure import failure_type

RESULT = "result"
Bodies = Mapping[str, Signature]
"""The flows that a control node runs, seen from outside, by the part that each plays."""


def seen_outside(node: Node, base: Signature, bodies: Bodies) -> Signature:
    """The signature of one control node.

    Args:
        node: The node; its literals say which inputs it fills.
        base: The signature of its block, with the ports that all of its kind have.
        bodies: The flows that it runs, as far as they are known.
    """
    own = [_typed(port, node, bodies) for port in base.inputs]
    is_call = node.block == kinds.CALL
    return base.model_copy(
        update={
            "title": bodies["body"].title if is_call and "body" in bodies else base.title,
            "inputs": (*own, *shared_ports(node, bodies)),
            "outputs": tuple(_outputs(node, base, bodies)),
        }
    )


def shared_ports(node: Node, bodies: Bodies) -> Iterator[Port]:
    """The inputs that the flows inside get from outside; one port for all of the same name."""
    mine = kinds.filled(node)
    found: dict[str, list[Port]] = {}
    for role, body in bodies.items():
        for port in body.inputs:
            if port.name not in mine.get(role, ()):
                found.setdefault(port.name, []).append(port)
    for name, ports in sorted(found.items()):
        required = any(port.required for port in ports)
        yield Port(
            name=name,
            type=all_of([port.type for port in ports]),
            required=required,
            default=None if required else ports[0].default,
            help=ports[0].help,
        )


def value_type(body: Signature) -> JsonSchema:
    """The type of all that a flow gives, as one value: its result, or an object of its outputs."""
    types = {port.name: port.type for port in body.outputs}
    return types[RESULT] if list(types) == [RESULT] else object_of(types) if types else NULL


def filled_type(node: Node, port: str, bodies: Bodies) -> JsonSchema:
    """The type of the inner input that a port of the node names."""
    body = bodies.get(kinds.KINDS[node.block].names[port])
    found = body.input(str(node.values.get(port))) if body else None
    return found.type if found else {}


_TABLE: JsonSchema = {PAI_TYPE: "table"}
_PLAIN = ("string", "number", "integer", "boolean", "array", "null")


def items_type(item: JsonSchema, rows: Json) -> JsonSchema:
    """What may be the items of a flow for each: a list of what it takes, or a table of such rows.

    Args:
        item: The type of what the flow takes.
        rows: How many of them it takes at a time; None for each by itself.
    """
    if rows is not None:
        return any_of([item, _TABLE]) if item != _TABLE else _TABLE
    if PAI_TYPE in item or kind_of(item) in _PLAIN:
        return list_of([item])
    return any_of([list_of([item]), _TABLE])


def item_type(items: JsonSchema, rows: Json) -> JsonSchema:
    """What a flow for each is given of such items: the inverse."""
    if rows is not None:
        return items
    return {"type": "object"} if items == _TABLE else item_of(items)


def _typed(port: Port, node: Node, bodies: Bodies) -> Port:
    """A port of the kind, with what the flows inside say of its type."""
    match node.block, port.name:
        case kinds.EACH, "items":
            kind = items_type(filled_type(node, "item", bodies), node.values.get("rows"))
        case kinds.REDUCE, "items":
            kind = list_of([filled_type(node, "item", bodies)])
        case ((kinds.REDUCE | kinds.REPEAT), "start"):
            kind = filled_type(node, "into", bodies)
        case _:
            return port
    return port.model_copy(update={"type": kind})


def _outputs(node: Node, base: Signature, bodies: Bodies) -> Iterator[Port]:
    body = bodies.get("body")
    match node.block:
        case kinds.EACH if body:
            keeps = node.values.get("on_error") == "keep"
            types = [value_type(body), *([failure_type()] if keeps else [])]
            yield base.outputs[0].model_copy(update={"type": list_of(types)})
        case kinds.REDUCE | kinds.REPEAT if body:
            # With no item or no round it is what it began with.
            yield base.outputs[0].model_copy(update={"type": filled_type(node, "into", bodies)})
        case kinds.ATTEMPT if body and "handler" not in node.flows:
            for port in body.outputs:
                yield port.model_copy(update={"type": any_of([port.type, NULL])})
            told = "Why it failed; null if it did not."
            yield Port(name="error", type=any_of([failure_type(), NULL]), help=told)
        case kinds.CALL if body:
            yield from body.outputs
        case kinds.WHEN | kinds.SWITCH | kinds.ATTEMPT:
            yield from _of_branches(node, bodies)
        case _:
            yield from base.outputs


def _of_branches(node: Node, bodies: Bodies) -> Iterator[Port]:
    """What any branch gives; null where the branch that was taken does not give it."""
    ports: dict[str, list[Port]] = {}
    for body in bodies.values():
        for port in body.outputs:
            ports.setdefault(port.name, []).append(port)
    may_take_none = node.block == kinds.WHEN and "otherwise" not in node.flows
    for name, found in sorted(ports.items()):
        types = [port.type for port in found]
        if may_take_none or len(found) < len(bodies):
            types.append(NULL)
        yield Port(name=name, type=any_of(types), help=found[0].help)
