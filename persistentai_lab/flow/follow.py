"""Outputs whose type follows from what a node is given.

Taking three rows of a table gives rows of the same table: without this, every block that hands
values on would forget their type, and the next port would ask for a cast. A block says it in its
return annotation, it travels in the schema of the output port, and `output_type` works it out:

    def take(items: list[Any], count: int) -> Annotated[list[Any], SameAs("items")]: ...
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from ..ids import Json, JsonSchema
from .combine import any_of, list_of, may_be_null, plain_any_of, without_null
from .model import INPUT, FlowSpec, Node, PortRef
from .signature import Signature

SAME_AS = "x-pai-same-as"
"""Schema keyword: names the input port whose type the output has."""

ITEMS_OF = "x-pai-items-of"
"""Schema keyword: names the input ports whose values are the items of the output, a list."""

ANY_OF = "x-pai-any-of"
"""Schema keyword: names the input ports of which one's value is the output."""

FIRST_OF = "x-pai-first-of"
"""Schema keyword: names the input ports; the first value that is not null is the output."""

TYPE_IN = "x-pai-type-in"
"""Schema keyword: names the input port whose literal value *is* the type of the output."""

_KEYWORDS = {SAME_AS, ITEMS_OF, ANY_OF, FIRST_OF, TYPE_IN}


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
class AnyOf:
    """Annotation: the output is the value of one of these input ports."""

    ports: tuple[str, ...]
    keyword: str = ANY_OF

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        """Add the keyword to the schema of the port."""
        return {**handler(core_schema), self.keyword: list(self.ports)}


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
        return {"type": "array", "items": plain_any_of([type_of(item) for item in value])}
    if isinstance(value, dict):
        fields: dict[str, Json] = {name: type_of(item) for name, item in value.items()}
        return {"type": "object", "properties": fields, "required": list(value)}
    return {"const": value}


def wide_type_of(value: Json) -> JsonSchema:
    """The kind of value that a literal is: of 3, integer."""
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
            return list_of([wide_type_of(item) for item in value])
    return {"type": "object"}


def output_type(
    spec: FlowSpec, signatures: Mapping[str, Signature], source: PortRef
) -> JsonSchema | None:
    """The type of one output port (or flow input); see `OutputTypes`."""
    return OutputTypes(spec, signatures).at(source)


class OutputTypes:
    """Types of output ports (and flow inputs) as they are in one flow.

    `signatures` holds the signature of each node by the node's id. Never raises and always ends:
    where a chain of followed types leads round in a circle, the type is unknown.
    """

    def __init__(self, spec: FlowSpec, signatures: Mapping[str, Signature]) -> None:
        self._spec = spec
        self._signatures = signatures
        self._nodes = {node.id: node for node in reversed(spec.nodes)}
        self._feeds = {(edge.target.node, edge.target.port): edge.source for edge in spec.edges}
        self._known: dict[PortRef, JsonSchema | None] = {}

    def at(self, source: PortRef) -> JsonSchema | None:
        """The type of an output port or flow input; None for no such port."""
        opened: set[PortRef] = set()
        ahead = [source]
        while ahead:  # what a port follows is worked out first; chains may be long, so no recursion
            ref = ahead[-1]
            if ref in self._known:
                ahead.pop()
            elif ref in opened:
                self._known[ref] = self._type(ref)
            else:
                opened.add(ref)
                ahead += [feed for feed in self._followed(ref) if feed not in opened]
        return self._known[source]

    def _port(self, ref: PortRef) -> JsonSchema | None:
        """The type as declared."""
        if ref.node == INPUT:
            given = self._spec.inputs.get(ref.port)
            return None if given is None else given.type
        signature = self._signatures.get(ref.node)
        port = signature.output(ref.port) if signature and ref.node in self._nodes else None
        return None if port is None else port.type

    def _followed(self, ref: PortRef) -> Iterator[PortRef]:
        """The ports that the type depends on."""
        declared = self._port(ref) or {}
        names = declared.get(ITEMS_OF) or declared.get(ANY_OF) or declared.get(FIRST_OF)
        for name in (declared.get(SAME_AS), *(names if isinstance(names, list) else ())):
            feed = self._feeds.get((ref.node, str(name)))
            if feed is not None and ref.node != INPUT:
                yield feed

    def _type(self, ref: PortRef) -> JsonSchema | None:
        declared = self._port(ref)
        if declared is None or ref.node == INPUT or not _KEYWORDS & declared.keys():
            return declared
        node = self._nodes[ref.node]
        plain = {key: part for key, part in declared.items() if key not in _KEYWORDS}
        if isinstance(port := declared.get(TYPE_IN), str):
            return type_named(self._literal(node, port)) or plain
        if isinstance(port := declared.get(SAME_AS), str):
            return self._arriving(node, port) or plain
        if isinstance(ports := declared.get(ITEMS_OF), list):
            return list_of(self._arriving_at(node, ports))
        if isinstance(ports := declared.get(ANY_OF), list):
            return any_of(self._arriving_at(node, ports))
        if isinstance(ports := declared.get(FIRST_OF), list):
            types = self._arriving_at(node, ports)
            is_sure = any(not may_be_null(kind) for kind in types)
            return any_of([without_null(kind) for kind in types] if is_sure else types)
        return plain

    def _literal(self, node: Node, port: str) -> Json:
        """What is written at an input; left out and not fed, its default."""
        if port in node.values or (node.id, port) in self._feeds:
            return node.values.get(port)
        declared = self._signatures[node.id].input(port)
        return None if declared is None else declared.default

    def _arriving_at(self, node: Node, ports: list[Json]) -> list[JsonSchema]:
        given = [str(port) for port in ports if self._is_given(node, str(port))]
        return [self._arriving(node, port) for port in given]

    def _is_given(self, node: Node, port: str) -> bool:
        return (node.id, port) in self._feeds or port in node.values

    def _arriving(self, node: Node, name: str) -> JsonSchema:
        """The type of what arrives at an input; empty if nobody knows."""
        feed = self._feeds.get((node.id, name))
        if feed is not None:
            return self._known.get(feed) or {}
        if name in node.values:
            return type_of(node.values[name])
        port = self._signatures[node.id].input(name)
        return {} if port is None or port.required else type_of(port.default)
