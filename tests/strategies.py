"""Hypothesis strategies that several tests share."""

from collections.abc import Mapping

from hypothesis import strategies as st

from persistentai_lab.flow.codec import canonical
from persistentai_lab.flow.compat import misfit
from persistentai_lab.flow.model import (
    INPUT,
    Approval,
    Breaker,
    Budget,
    Edge,
    FlowInput,
    FlowSpec,
    Node,
    Policy,
    PortRef,
    Rate,
    Retry,
)
from persistentai_lab.flow.scope import Scope, signature_of
from persistentai_lab.flow.signature import Signature
from persistentai_lab.ids import Json, JsonSchema

json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)

_SCALARS: list[JsonSchema] = [
    {"type": "string"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "null"},
    {"type": "string", "format": "date"},
    {"const": "a"},
    {"const": 1},
    {"enum": ["a", "b"]},
    {"enum": [1, 2, None]},
    {"enum": [True, False]},
    {"x-pai-type": "table"},
    {},
]


def types(*, forgetful: bool = True, optional: bool = True) -> st.SearchStrategy[JsonSchema]:
    """JSON Schemas as annotations make them.

    Args:
        forgetful: Objects accept fields that they do not name (and lose them), as models do;
            otherwise objects are closed, and there are maps of one type.
        optional: Whether objects have an optional field: all have it or none.
    """
    anything = st.just(JsonSchema())
    return st.recursive(
        st.sampled_from(_SCALARS),
        lambda inner: st.one_of(
            st.builds(lambda items: {"type": "array", "items": items}, inner),
            st.builds(lambda members: {"anyOf": members}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(_map, anything if forgetful else inner),
            st.builds(_tuple, st.lists(inner, min_size=1, max_size=3)),
            st.builds(_object, _fields(inner), st.just(optional), st.just(not forgetful)),
        ),
        max_leaves=5,
    )


def _fields(inner: st.SearchStrategy[JsonSchema]) -> st.SearchStrategy[dict[str, JsonSchema]]:
    return st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)


def _tuple(items: list[JsonSchema]) -> JsonSchema:
    size = len(items)
    return {"type": "array", "prefixItems": list(items), "minItems": size, "maxItems": size}


def _object(fields: dict[str, JsonSchema], optional: bool, closed: bool) -> JsonSchema:
    properties: dict[str, Json] = dict(fields)
    if optional:
        properties["maybe"] = {"type": "integer"}
    schema: JsonSchema = {"type": "object", "properties": properties, "required": list(fields)}
    return {**schema, "additionalProperties": False} if closed else schema


def _map(values: JsonSchema) -> JsonSchema:
    return {"type": "object", "additionalProperties": values}


_WORDS = ["a", "b", "c", "class", "left", "right", "number", "rows", "result", "whole", "n", "sum"]
_NAMES = st.sampled_from(_WORDS)
_VALUES: list[Json] = [None, True, 0, 2**70, -0.5, float("nan"), "", "a", [], [{"n": 1}], {"a": []}]
_BROKEN: list[JsonSchema] = [
    {"type": 5},
    {"type": []},
    {"type": {"a": 1}},
    {"type": "nothing"},
    {"$ref": "#/$defs/No"},
    {"$ref": "#"},
    {"$ref": "http://localhost/never/fetched"},
    {"enum": 3},
    {"pattern": "("},
    {"anyOf": []},
    {"properties": {"a": 1}},
]


def wild_flows(depth: int = 1) -> st.SearchStrategy[FlowSpec]:
    """Anything that parses as a flow, sense or nonsense."""
    here = "tests.flow.drawing"
    blocks = [f"{here}:{name}" for name in ("add", "divide", "greet", "keep", "fetch", "total")]
    blocks += ["flow:a", "flow:b", "flow:no", "no.block", "", "flow:", ":"]
    ref = st.fixed_dictionaries({"node": _NAMES | st.just("$input"), "port": _NAMES})
    flow_input = st.fixed_dictionaries(
        {"type": st.sampled_from(_SCALARS + _BROKEN)},
        optional={"default": st.sampled_from(_VALUES)},
    )
    node = st.fixed_dictionaries(
        {"id": _NAMES, "block": st.sampled_from(blocks)},
        optional={
            "version": st.integers(0, 2),
            "values": st.dictionaries(_NAMES, st.sampled_from(_VALUES), max_size=2),
            "policy": st.just({"timeout_s": 1.0}),
        },
    )
    spec = {
        "name": st.sampled_from(["f", "Flow 1", "class"]),
        "nodes": st.lists(node, max_size=5),
        "edges": st.lists(st.fixed_dictionaries({"source": ref, "target": ref}), max_size=6),
        "inputs": st.dictionaries(_NAMES, flow_input, max_size=2),
        "outputs": st.dictionaries(_NAMES, ref, max_size=2),
    }
    if depth:
        spec["flows"] = st.dictionaries(st.sampled_from("ab"), wild_flows(depth - 1), max_size=2)
    return st.fixed_dictionaries(spec).map(FlowSpec.model_validate)


def sound_flows(
    blocks: Mapping[str, Signature], depth: int = 1, name: str = "flow"
) -> st.SearchStrategy[FlowSpec]:
    """Flows without problems, made of blocks whose ports have simple types."""
    return st.composite(_sound_flow)(blocks, depth, name)


_AWKWARD = ["add", "add_2", "add_10", "class", "list", "pai", "tests", "x", "_", "a"]
_TEXTS = st.text(max_size=6) | st.sampled_from(["'", '"', "\"'", "\\", "\n", "{x}", '"""', "é"])
_LITERALS: dict[str, st.SearchStrategy[Json]] = {
    "integer": st.integers(-(2**70), 2**70),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "string": _TEXTS,
}


def _sound_flow(
    draw: st.DrawFn, blocks: Mapping[str, Signature], depth: int, name: str
) -> FlowSpec:
    spec = FlowSpec(name=draw(st.sampled_from([name, "My flow!", "2nd", "add", "list"])))
    flows: dict[str, FlowSpec] = {}
    for alias in draw(st.lists(st.sampled_from(["inner", "add", "x"]), unique=True, max_size=2)):
        if depth:
            flows[alias] = draw(sound_flows(blocks, depth - 1, alias))
    known = dict(blocks)
    scope = Scope(spec.model_copy(update={"flows": flows}))
    for alias, inner in flows.items():
        known[f"flow:{alias}"] = signature_of(alias, Scope(inner, scope), blocks)
    kinds = _INPUTS if name == "flow" else _SIMPLE_INPUTS
    inputs = draw(
        st.dictionaries(st.sampled_from(["n", "rows", "add", "number"]), kinds, max_size=3)
    )
    ids = draw(st.lists(st.sampled_from(_AWKWARD),
                        min_size=1, max_size=5, unique=True))  # fmt: skip
    sources: list[tuple[PortRef, JsonSchema]] = [
        (PortRef(node=INPUT, port=key), value.type) for key, value in inputs.items()
    ]
    nodes: list[Node] = []
    edges: list[Edge] = []
    uses = [*known, *(f"flow:{alias}" for alias in flows)]
    for index, node_id in enumerate(ids):
        fresh = [f"flow:{alias}" for alias in flows]
        block = fresh[index] if index < len(fresh) else draw(st.sampled_from(uses))
        values: dict[str, Json] = {}
        for port in known[block].inputs:
            target = PortRef(node=node_id, port=port.name)
            fitting = [ref for ref, kind in sources if misfit(kind, port.type) is None]
            if fitting and draw(st.booleans()):
                edges.append(Edge(source=draw(st.sampled_from(fitting)), target=target))
            elif port.required or draw(st.booleans()):
                values[port.name] = draw(_LITERALS.get(str(port.type.get("type")), json_values))
        policy = None if ":" in block and block.startswith("flow:") else draw(_POLICIES)
        nodes.append(Node(id=node_id, block=block, values=values, policy=policy))
        sources += [
            (PortRef(node=node_id, port=port.name), port.type) for port in known[block].outputs
        ]
    used = {node.block.removeprefix("flow:") for node in nodes}
    made = [ref for ref, _ in sources if ref.node != INPUT]
    names = st.sampled_from(["result", "sum", "class", "a"])
    outputs = draw(st.dictionaries(names, st.sampled_from(made), max_size=3)) if made else {}
    return canonical(
        FlowSpec(
            name=spec.name,
            inputs=inputs,
            outputs=outputs,
            nodes=tuple(nodes),
            edges=tuple(edges),
            flows={alias: inner for alias, inner in flows.items() if alias in used},
        )
    )


_SIMPLE_INPUTS: st.SearchStrategy[FlowInput] = st.one_of(
    st.builds(lambda kind: FlowInput(type={"type": kind}), st.sampled_from([*_LITERALS])),
    st.builds(
        lambda value: FlowInput(type={"type": "integer"}, default=value), _LITERALS["integer"]
    ),
    st.builds(lambda value: FlowInput(type={"type": "string"}, default=value), _TEXTS),
    st.builds(lambda value: FlowInput(type={}, default=value), json_values),
)
_INPUTS = _SIMPLE_INPUTS | st.builds(lambda kind: FlowInput(type=kind), types())
_POLICIES = st.none() | st.builds(
    Policy,
    retry=st.none()
    | st.builds(
        Retry, attempts=st.integers(1, 9), backoff_s=st.sampled_from([0.5, 0.0, 1e-9, 3.25])
    ),
    timeout_s=st.none() | st.sampled_from([1.0, 0.25, 1e300]),
    approval=st.none()
    | st.builds(
        Approval,
        by=st.sampled_from([(), ("ada",), ("ada", "bob")]),
        text=st.sampled_from(["", "Pay “it”?"]),
        expires_s=st.none() | st.sampled_from([0.5, 86_400.0]),
        at_expiry=st.sampled_from(["reject", "approve", "fail"]),
    ),
    rate=st.none()
    | st.builds(
        Rate,
        times=st.integers(1, 9),
        per_s=st.sampled_from([0.5, 60.0]),
        key=st.sampled_from(["", "a model", "“k”"]),
    ),
    cache_s=st.none() | st.sampled_from([0.5, 3_600.0]),
    breaker=st.none()
    | st.builds(Breaker, failures=st.integers(1, 9), open_s=st.sampled_from([30.0, 1.5])),
    budget=st.none()
    | st.builds(
        Budget,
        tokens=st.integers(0, 10**9),
        money=st.none() | st.sampled_from([0.0, 1.25]),
        currency=st.sampled_from(["USD", "EUR"]),
        seconds=st.none() | st.sampled_from([0.5, 3_600.0]),
    ),
).filter(lambda policy: policy != Policy())
