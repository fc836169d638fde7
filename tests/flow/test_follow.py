from typing import Any

import pytest

from persistentai_lab.blocks import catalogue
from persistentai_lab.flow.compat import misfit
from persistentai_lab.flow.follow import output_type, type_of
from persistentai_lab.flow.model import INPUT, Edge, FlowInput, FlowSpec, Node, PortRef
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
