from typing import Any

import pytest
from pydantic import BaseModel

from persistentai_lab.blocks import block, catalogue, find_block
from persistentai_lab.flow.compat import misfit
from persistentai_lab.flow.follow import output_type, type_of
from persistentai_lab.flow.model import INPUT, Edge, FlowInput, FlowSpec, Node, PortRef
from persistentai_lab.flow.scope import Scope, signature_of
from persistentai_lab.flow.signature import Port
from persistentai_lab.flow.values import schema_of
from persistentai_lab.ids import JsonSchema

ROWS: JsonSchema = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
CATALOGUE = catalogue()


def flow(*nodes: Node, edges: tuple[str, ...] = (), **inputs: JsonSchema) -> FlowSpec:
    """A flow with edges written as `"node.port > node.port"`."""
    pairs = [[PortRef(node=n, port=p) for n, p in ends(edge)] for edge in edges]
    return FlowSpec(
        name="test",
        nodes=nodes,
        inputs={name: FlowInput(type=kind) for name, kind in inputs.items()},
        edges=tuple(Edge(source=source, target=target) for source, target in pairs),
    )


def ends(edge: str) -> list[list[str]]:
    return [end.strip().split(".") for end in edge.split(">")]


def type_at(spec: FlowSpec, node: str, port: str = "result") -> JsonSchema | None:
    signatures = {n.id: CATALOGUE[n.block] for n in spec.nodes if n.block in CATALOGUE}
    return output_type(spec, signatures, PortRef(node=node, port=port))


def test_a_type_is_handed_on_through_any_number_of_nodes() -> None:
    spec = flow(
        Node(id="take", block="lists.take", values={"count": 3}),
        Node(id="wait", block="time.wait", values={"seconds": 1}),
        edges=(f"{INPUT}.rows > take.items", "take.result > wait.value"),
        rows=ROWS,
    )

    assert type_at(spec, "wait") == ROWS


def test_a_literal_has_its_own_type() -> None:
    spec = flow(Node(id="n", block="values.constant", values={"value": 3}))

    assert misfit(type_at(spec, "n") or {}, {"type": "integer"}) is None
    assert misfit(type_at(spec, "n") or {}, {"type": "string"})


def test_a_cast_has_the_type_that_it_promises() -> None:
    word = flow(
        Node(id="n", block="values.cast", values={"to": "integer"}),
        edges=(f"{INPUT}.x > n.value",),
        x={},
    )
    schema = flow(Node(id="n", block="values.cast", values={"to": ROWS}))

    assert type_at(word, "n") == {"type": "integer"}
    assert type_at(schema, "n") == ROWS


def test_a_list_of_values_has_items_of_their_types() -> None:
    spec = flow(
        Node(id="n", block="lists.of", values={"b": 1}),
        edges=(f"{INPUT}.x > n.a",),
        x={"type": "string"},
    )

    assert type_at(spec, "n") == {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"const": 1}]},
    }


def test_one_unknown_item_makes_all_items_unknown() -> None:
    spec = flow(Node(id="n", block="lists.of", values={"b": 1}), edges=(f"{INPUT}.x > n.a",), x={})

    assert type_at(spec, "n") == {"type": "array", "items": {}}


def test_in_a_circle_the_type_is_what_the_port_declares() -> None:
    spec = flow(
        Node(id="a", block="lists.take", values={"count": 1}),
        Node(id="b", block="lists.take", values={"count": 1}),
        edges=("a.result > b.items", "b.result > a.items"),
    )

    assert type_at(spec, "a") == {"type": "array", "items": {}}


@pytest.mark.parametrize(
    ("node", "port"), [("none", "result"), ("n", "none"), (INPUT, "none"), ("unknown", "result")]
)
def test_a_port_that_is_not_there_has_no_type(node: str, port: str) -> None:
    spec = flow(Node(id="n", block="lists.length"), Node(id="unknown", block="no.such"))

    assert type_at(spec, node, port) is None


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [1, "a"], [], {"a": [1]}, {}])
def test_a_literal_fits_the_type_it_is_given(value: Any) -> None:
    from jsonschema import validate

    validate(value, type_of(value))


def test_no_port_that_follows_names_an_input_that_is_not_there() -> None:
    for signature in CATALOGUE.values():
        names = {port.name for port in signature.inputs}
        for port in signature.outputs:
            named = [port.type.get("x-pai-same-as"), port.type.get("x-pai-type-in")]
            named += port.type.get("x-pai-items-of") or []  # type: ignore[arg-type]
            assert {name for name in named if name is not None} <= names, signature.block


class Leaf(BaseModel):
    """A model that refers to itself."""

    size: int
    more: list["Leaf"] = []


def _other_leaf() -> type[BaseModel]:
    class Leaf(BaseModel):
        """Another model of the same name."""

        colour: str
        more: list["Leaf"] = []

    return Leaf


@block
def leaf() -> Leaf:
    """Make one."""
    return Leaf(size=1)


OTHER = leaf.signature.model_copy(
    update={
        "block": "other",
        "outputs": (Port(name="result", type=schema_of(_other_leaf())),),
    }
)


def test_models_of_one_name_keep_their_own_fields_in_a_list() -> None:
    spec = FlowSpec(
        name="leaves",
        nodes=(
            Node(id="one", block="leaf"),
            Node(id="two", block="other"),
            Node(id="of", block="lists.of"),
        ),
        edges=(
            Edge(source=_ref("one"), target=PortRef(node="of", port="a")),
            Edge(source=_ref("two"), target=PortRef(node="of", port="b")),
        ),
    )
    of = find_block("lists.of").signature
    found = output_type(spec, {"one": leaf.signature, "two": OTHER, "of": of}, _ref("of"))

    assert found is not None
    both: JsonSchema = {
        "type": "object",
        "properties": {"size": {"type": "integer"}},
        "required": ["size"],
    }
    assert misfit(found, schema_of(list[Leaf | _other_leaf()])) is None  # type: ignore[misc]
    assert "colour" in str(misfit(found, schema_of(list[_other_leaf()])))  # type: ignore[misc]
    assert "size" in str(misfit(found, {"type": "array", "items": both}))


def test_a_very_long_chain_of_followed_types_ends() -> None:
    take = find_block("lists.take").signature
    nodes = [Node(id=f"n{i}", block="lists.take", values={"count": 1}) for i in range(3000)]
    edges = [
        Edge(source=_ref(f"n{i}"), target=PortRef(node=f"n{i + 1}", port="items"))
        for i in range(2999)
    ]
    first = nodes[0].model_copy(update={"values": {"items": [1], "count": 1}})
    spec = FlowSpec(name="long", nodes=(first, *nodes[1:]), edges=tuple(edges))

    found = output_type(spec, {node.id: take for node in nodes}, _ref("n2999"))

    assert found == type_of([1])


def _ref(node: str) -> PortRef:
    return PortRef(node=node, port="result")


def test_a_followed_type_leaves_a_flow_as_what_it_is_inside() -> None:
    inner = flow(
        Node(id="take", block="lists.take", values={"count": 1}),
        edges=("$input.items > take.items",),
        items={"type": "array", "items": {"type": "integer"}},
    ).model_copy(update={"outputs": {"some": PortRef(node="take", port="result")}})
    found = signature_of("inner", Scope(inner), CATALOGUE).output("some")

    assert found is not None
    assert found.type == {"type": "array", "items": {"type": "integer"}}
