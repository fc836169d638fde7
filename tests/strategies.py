"""Hypothesis strategies that several tests share."""

from hypothesis import strategies as st

from persistentai_lab.flow.model import FlowSpec
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
