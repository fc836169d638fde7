"""A flow as a canvas draws it: nodes with named, typed ports, as plain data for a browser.

The twin of `Graph` in `labextension/ui`. Types are told twice: as a glyph, and in a few words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from ..ids import Json, JsonSchema
from .codec import canonical, flow_hash
from .control.call import as_run
from .describe import describe
from .follow import OutputTypes
from .inside import in_order, nodes_inside
from .model import FlowInput, FlowSpec, Node, PortRef
from .policy_words import told_policies
from .schema import Dangling, as_dict, choices_of, kind_of, resolve
from .scope import PREFIX, WEIGHT, Scope, circle, effect_of, signatures_in
from .signature import Effect, Port, Signature
from .values.codec import PAI_TYPE

Drawn = dict[str, Json]

_OF_KIND = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}
_OF_BLOB = {"table": "table", "array": "list", "image": "image", "bytes": "file"}
_OF_FORMAT = {
    "password": "secret",
    **dict.fromkeys(("path", "file-path", "directory-path", "binary"), "file"),
}
_WORDS = {"text": "string", "list": "list"} | {w: w for w in ("number", "boolean", "object")}


def graph_of(spec: FlowSpec, signatures: Mapping[str, Signature]) -> Drawn:
    """Draw a flow as data. What is not known of a block is left out, never guessed.

    Args:
        spec: The flow. Flows inside it are drawn as one node each.
        signatures: Of the blocks that it uses, by name; older versions under `name@version`.
    """
    spec = canonical(spec)
    scope = Scope(spec)
    is_circle = circle(scope) is not None
    known = {} if is_circle else signatures_in(scope, signatures)
    types = OutputTypes(spec, known)
    fed = {(edge.target.node, edge.target.port): edge.source for edge in spec.edges}
    return {
        "name": spec.name,
        "hash": flow_hash(spec),
        "inputs": [_flow_input(name, given) for name, given in spec.inputs.items()],
        "outputs": [
            {"name": name, **ref.model_dump(), "glyph": glyph_of(types.at(ref) or {})}
            for name, ref in spec.outputs.items()
        ],
        "nodes": [
            _node(
                node,
                known.get(node.id),
                types,
                fed,
                _effect(scope, node, known, signatures),
                _inside(scope, node),
                [] if is_circle else [asdict(it) for it in nodes_inside(scope, node)],
            )
            for node in spec.nodes
        ],
        "edges": [edge.model_dump() for edge in spec.edges],
        "layout": {name: spot.model_dump() for name, spot in spec.layout.items()},
    }


def glyph_of(schema: Json, root: JsonSchema | None = None) -> str:
    """The sign of a type: `text`, `number`, `list`, …; `any` where no single one will do."""
    root = as_dict(schema) if root is None else root
    try:
        found = as_dict(resolve(schema, root))
    except Dangling:
        return "any"
    if PAI_TYPE in found:
        return _OF_BLOB.get(str(found[PAI_TYPE]), "any")
    if found.get("writeOnly") is True:
        return "secret"
    choices = choices_of(found)
    if choices is not None:
        signs = {glyph_of(choice, root) for choice in choices if not _is_null(choice)}
        return signs.pop() if len(signs) == 1 else "any"
    if "const" in found:
        return _glyph_of_value(found["const"])
    kind = kind_of(found)
    if kind == "string":
        return _OF_FORMAT.get(str(found.get("format")), "text")
    return _OF_KIND.get(kind or "", "any")


def words_of(schema: JsonSchema) -> str:
    """A type in a few words: `list of objects`, `number or nothing`."""
    try:
        return _words(schema, schema)
    except Dangling:
        return "anything"


def _words(schema: Json, root: JsonSchema) -> str:
    found = as_dict(resolve(schema, root))
    if PAI_TYPE in found or "enum" in found:
        return describe(found, root, depth=0)
    choices = choices_of(found)
    if choices is not None:
        real = [choice for choice in choices if not _is_null(choice)]
        words = dict.fromkeys(_words(choice, root) for choice in real)
        return " or ".join([*words, *["nothing"] * (len(real) < len(choices))])
    if "const" in found:
        return _WORDS.get(_glyph_of_value(found["const"]), "anything")
    if kind_of(found) == "array" and "items" in found:
        inside = _words(found["items"], root)
        return f"list of {inside}" + "s" * (" " not in inside and inside != "anything")
    return describe(found, root, depth=0)


def _is_null(schema: Json) -> bool:
    return as_dict(schema).get("type") == "null" or as_dict(schema).get("const", 0) is None


def _glyph_of_value(value: Json) -> str:
    match value:
        case bool():
            return "boolean"
        case str():
            return "text"
        case int() | float():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
    return "any"


def _flow_input(name: str, given: FlowInput) -> Drawn:
    drawn = _port(name, given.type, str(given.type.get("description", "")))
    default: Drawn = {"default": given.default} if given.has_default else {}
    return {**drawn, "has_default": given.has_default, "schema": given.type, **default}


def _port(name: str, schema: JsonSchema, told: str) -> Drawn:
    return {"name": name, "glyph": glyph_of(schema), "type": words_of(schema), "help": told}


def _node(
    node: Node,
    signature: Signature | None,
    types: OutputTypes,
    fed: Mapping[tuple[str, str], PortRef],
    effect: Effect,
    flows: Drawn,
    inside: list[Json],
) -> Drawn:
    return {
        "id": node.id,
        "block": node.block,
        "title": signature.title if signature and signature.title else _called(node.block),
        "help": signature.help.partition("\n\n")[0] if signature else "",
        "family": _family(node.block),
        "effect": effect.value,
        "keyed": signature is not None and signature.keyed,
        "approval": node.policy is not None and node.policy.approval is not None,
        "own": _is_own(node.block),
        "policies": list(told_policies(node.policy)),
        "flows": flows,
        "inside": inside,
        "inputs": [
            _input(port, node, fed.get((node.id, port.name)))
            for port in _inputs(node, signature, fed)
        ],
        "outputs": [
            _port(
                port.name, types.at(PortRef(node=node.id, port=port.name)) or port.type, port.help
            )
            for port in (signature.outputs if signature else ())
        ],
    }


def _inputs(
    node: Node, signature: Signature | None, fed: Mapping[tuple[str, str], PortRef]
) -> Iterator[Port]:
    """Ports as declared; of a block that is not known here, those that the flow gives a value."""
    if signature is not None:
        yield from signature.inputs
        return
    names = [*node.values, *(port for name, port in fed if name == node.id)]
    yield from (Port(name=name, type={}) for name in dict.fromkeys(names))


def _input(port: Port, node: Node, source: PortRef | None) -> Drawn:
    has_value = source is None and port.name in node.values
    default = None if port.required or _is_sign(port.default) else port.default
    return {
        **_port(port.name, port.type, port.help),
        "source": source.model_dump() if source else None,
        "has_value": has_value,
        "value": node.values[port.name] if has_value else default,
        "required": port.required,
        # nobody edits what an edge brings, and schemas are the larger part of a graph
        "schema": {} if source else port.type,
    }


def _is_sign(default: Json) -> bool:
    """Whether a default is one of the engine's signs, such as the one for "not given"."""
    return isinstance(default, dict) and "$pai" in default


def _effect(
    scope: Scope, node: Node, known: Mapping[str, Signature], catalogue: Mapping[str, Signature]
) -> Effect:
    """What the node does to the world; of a flow inside, the heaviest thing that it does."""
    inner = scope.inside(node)
    if not inner or node.id not in known:
        return known[node.id].effect if node.id in known else Effect.READ
    return max((effect_of(each, catalogue) for each in inner), key=WEIGHT.index)


def _inside(scope: Scope, node: Node) -> Drawn:
    """What a node runs that is not inlined, in a few words, by the part that each flow plays."""
    return {role: _told(body.spec) for role, body in scope.bodies(as_run(node)).items()}


def _told(spec: FlowSpec) -> str:
    """The nodes of a flow, in an order in which they may run; of many only the first."""
    order = in_order(spec)
    return " → ".join([*order[:4], *["…"] * (len(order) > 4)])


def _is_own(block: str) -> bool:
    return ":" in block and not block.startswith(PREFIX)


def _called(block: str) -> str:
    return block.rpartition(":")[2].rpartition(".")[2]


def _family(block: str) -> str:
    """What blocks of one colour have in common: a folder of ours, a module of somebody's."""
    module, colon, _ = block.rpartition(":")
    return module.rpartition(".")[2] if colon else block.partition(".")[0]
