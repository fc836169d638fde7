"""Outputs whose type follows from what a node is given.

Taking three rows of a table gives rows of the same table: without this, every block that hands
values on would forget their type, and the next port would ask for a cast. A block says it in its
return annotation, it travels in the schema of the output port, and `output_type` works it out:

    def take(items: list[Any], count: int) -> Annotated[list[Any], SameAs("items")]: ...
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from ..ids import Json, JsonSchema
from .model import INPUT, FlowSpec, Node, PortRef
from .signature import Signature

SAME_AS = "x-pai-same-as"
"""Schema keyword: names the input port whose type the output has."""

TYPE_IN = "x-pai-type-in"
"""Schema keyword: names the input port whose literal value *is* the type of the output."""


@dataclass(frozen=True, slots=True)
class SameAs:
    """Annotation: the output has the type of what arrives at this input port."""

    port: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        """Add the keyword to the schema of the port."""
        return {**handler(core_schema), SAME_AS: self.port}


@dataclass(frozen=True, slots=True)
class TypeIn:
    """Annotation: the literal at this input port is the type of the output."""

    port: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        """Add the keyword to the schema of the port."""
        return {**handler(core_schema), TYPE_IN: self.port}


def type_named(literal: Json) -> JsonSchema:
    """A type as people write it: a word (`"integer"`) or a whole JSON Schema."""
    return (
        {"type": literal}
        if isinstance(literal, str)
        else dict(literal)
        if isinstance(literal, dict)
        else {}
    )


def type_of(value: Json) -> JsonSchema:
    """The narrowest plain type of a literal."""
    match value:
        case None:
            return {"type": "null"}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": _any_of([type_of(item) for item in value])}
        case dict():
            return {
                "type": "object",
                "properties": {name: type_of(item) for name, item in value.items()},
                "required": list(value),
            }


def output_type(
    spec: FlowSpec, signatures: Mapping[str, Signature], source: PortRef
) -> JsonSchema | None:
    """The type of an output port (or flow input) as it is in this flow; None for no such port.

    `signatures` holds the signature of each node by the node's id. Never raises and always ends:
    where a chain of followed types leads round in a circle, the type is unknown.
    """
    return _Follower(spec, signatures).output(source, frozenset())


class _Follower:
    def __init__(self, spec: FlowSpec, signatures: Mapping[str, Signature]) -> None:
        self._spec = spec
        self._signatures = signatures
        self._nodes = {node.id: node for node in spec.nodes}
        self._feeds = {(edge.target.node, edge.target.port): edge.source for edge in spec.edges}

    def output(self, source: PortRef, seen: frozenset[PortRef]) -> JsonSchema | None:
        if source.node == INPUT:
            given = self._spec.inputs.get(source.port)
            return None if given is None else given.type
        node, signature = self._nodes.get(source.node), self._signatures.get(source.node)
        port = signature.output(source.port) if signature else None
        if node is None or signature is None or port is None:
            return None
        return self._followed(node, signature, port.type, seen | {source})

    def _followed(
        self, node: Node, signature: Signature, declared: JsonSchema, seen: frozenset[PortRef]
    ) -> JsonSchema:
        plain = {key: part for key, part in declared.items() if key not in (SAME_AS, TYPE_IN)}
        if isinstance(named := declared.get(TYPE_IN), str):
            return type_named(node.values.get(named)) or plain
        if not isinstance(named := declared.get(SAME_AS), str):
            return plain
        feed = self._feeds.get((node.id, named))
        if feed is not None:
            return (self.output(feed, seen) if feed not in seen else None) or plain
        if named in node.values:
            return type_of(node.values[named])
        port = signature.input(named)
        return plain if port is None or port.required else type_of(port.default)


def _any_of(types: list[JsonSchema]) -> JsonSchema:
    different = [kind for n, kind in enumerate(types) if kind not in types[:n]]
    return (
        different[0]
        if len(different) == 1
        else {"anyOf": list[Json](different)}
        if different
        else {}
    )
