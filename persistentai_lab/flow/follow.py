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

ITEMS_OF = "x-pai-items-of"
"""Schema keyword: names the input ports whose values are the items of the output, a list."""

TYPE_IN = "x-pai-type-in"
"""Schema keyword: names the input port whose literal value *is* the type of the output."""

_KEYWORDS = (SAME_AS, ITEMS_OF, TYPE_IN)


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
class ItemsOf:
    """Annotation: the output is a list of what arrives at these input ports."""

    ports: tuple[str, ...]

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        """Add the keyword to the schema of the port."""
        return {**handler(core_schema), ITEMS_OF: list(self.ports)}


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
    """The narrowest type of a literal."""
    if isinstance(value, list):
        return {"type": "array", "items": _any_of([type_of(item) for item in value])}
    if isinstance(value, dict):
        fields: dict[str, Json] = {name: type_of(item) for name, item in value.items()}
        return {"type": "object", "properties": fields, "required": list(value)}
    return {"const": value}


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
        plain = {key: part for key, part in declared.items() if key not in _KEYWORDS}
        if isinstance(port := declared.get(TYPE_IN), str):
            return type_named(node.values.get(port)) or plain
        if isinstance(port := declared.get(SAME_AS), str):
            return self._arriving(node, signature, port, seen) or plain
        if isinstance(ports := declared.get(ITEMS_OF), list):
            given = [str(port) for port in ports if self._is_given(node, str(port))]
            types = [self._arriving(node, signature, port, seen) for port in given]
            return {"type": "array", "items": _any_of(types)}
        return plain

    def _is_given(self, node: Node, port: str) -> bool:
        return (node.id, port) in self._feeds or port in node.values

    def _arriving(
        self, node: Node, signature: Signature, name: str, seen: frozenset[PortRef]
    ) -> JsonSchema:
        """The type of what arrives at an input; empty if nobody knows."""
        feed = self._feeds.get((node.id, name))
        if feed is not None:
            return {} if feed in seen else self.output(feed, seen) or {}
        if name in node.values:
            return type_of(node.values[name])
        port = signature.input(name)
        return {} if port is None or port.required else type_of(port.default)


def _any_of(types: list[JsonSchema]) -> JsonSchema:
    different = [kind for n, kind in enumerate(types) if kind not in types[:n]]
    if not different or {} in different:
        return {}
    return different[0] if len(different) == 1 else {"anyOf": list[Json](different)}
