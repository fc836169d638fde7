"""One flow, one text, one hash."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from persistentai_lab.errors import FlowInvalid, Problem
from persistentai_lab.flow.codec import canonical, dumps, flow_hash, json_schema, loads
from persistentai_lab.flow.model import FlowSpec, Policy, Position
from persistentai_lab.ids import Json
from tests.flow.drawing import add, fetch, node, spec, total
from tests.strategies import wild_flows

FLOW = spec(
    node("total", total, column="n"),
    node("fetch", fetch),
    edges=("fetch.result > total.rows", "$input.path > fetch.path"),
    inputs={"path": {"type": {"type": "string"}, "default": None}},
    outputs={"sum": {"node": "total", "port": "result"}},
    layout={"total": {"x": 1, "y": 2}},
)
TEXT = """\
{
  "edges": [
    {"source": {"node": "$input", "port": "path"}, "target": {"node": "fetch", "port": "path"}},
    {"source": {"node": "fetch", "port": "result"}, "target": {"node": "total", "port": "rows"}}
  ],
  "inputs": {"path": {"default": null, "type": {"type": "string"}}},
  "layout": {"total": {"x": 1.0, "y": 2.0}},
  "name": "test",
  "nodes": [
    {"block": "tests.flow.drawing:fetch", "id": "fetch", "values": {}, "version": 1},
    {"block": "tests.flow.drawing:total", "id": "total", "values": {"column": "n"}, "version": 1}
  ],
  "outputs": {"sum": {"node": "total", "port": "result"}},
  "schema_version": 1
}
"""


def problems(text: str | bytes) -> list[Problem]:
    with pytest.raises(FlowInvalid) as caught:
        loads(text)
    return list(caught.value.problems)


def changed(**fields: Json) -> str:
    return json.dumps({**json.loads(TEXT), **fields})


def test_a_flow_has_one_readable_text() -> None:
    assert dumps(FLOW) == TEXT


def test_writing_what_was_read_gives_the_same_text() -> None:
    assert dumps(loads(TEXT)) == TEXT


def test_a_changed_node_is_one_line_of_a_diff() -> None:
    nodes = [n.model_copy(update={"version": 2}) if n.id == "total" else n for n in FLOW.nodes]
    other = FLOW.model_copy(update={"nodes": tuple(nodes)})

    differing = [line for line in dumps(other).splitlines() if line not in TEXT.splitlines()]

    assert len(differing) == 1


@given(wild_flows())
def test_whatever_parses_survives_the_trip(flow: FlowSpec) -> None:
    if "nan" in str(flow):  # which JSON can't say
        with pytest.raises(FlowInvalid, match="NaN"):
            dumps(flow)
        return
    text = dumps(flow)
    back = loads(text)

    assert dumps(back) == text
    assert flow_hash(back) == flow_hash(flow)
    if len({n.id for n in flow.nodes}) == len(flow.nodes) and len(set(map(str, flow.edges))) == len(
        flow.edges
    ):
        assert back == canonical(flow)


@given(st.data())
def test_order_in_the_file_and_positions_change_no_hash(data: st.DataObject) -> None:
    mixed = FLOW.model_copy(
        update={
            "nodes": tuple(data.draw(st.permutations(FLOW.nodes))),
            "edges": tuple(data.draw(st.permutations(FLOW.edges))),
            "layout": {"fetch": Position(x=data.draw(st.floats(-9, 9)), y=0)},
        }
    )

    assert flow_hash(mixed) == flow_hash(FLOW)


@pytest.mark.parametrize(
    "other",
    [
        FLOW.model_copy(update={"name": "other"}),
        FLOW.model_copy(update={"nodes": FLOW.nodes[:1]}),
        FLOW.model_copy(update={"edges": FLOW.edges[:1]}),
        FLOW.model_copy(update={"outputs": {}}),
        spec(node("a", add, left=1)),
        spec(node("a", add, left=1.0)),
        spec(node("a", add, left=True)),
        spec(node("a", add, left=1).model_copy(update={"policy": Policy(timeout_s=1)})),
        spec(node("a", add, left=1), inputs={"x": {"type": {}}}),
        spec(node("a", add, left=1), inputs={"x": {"type": {}, "default": None}}),
        spec(node("a", add, left=1), flows={"x": FLOW}),
    ],
)
def test_every_change_of_meaning_changes_the_hash(other: FlowSpec) -> None:
    every = [FLOW, spec(node("a", add, left=2))]

    assert flow_hash(other) not in {flow_hash(flow) for flow in every}


def test_the_hash_is_the_same_tomorrow() -> None:
    assert flow_hash(FLOW) == ("be9de014b439b2551bffa8559ce17e9104993d42805d022da97f0a4162c872f1")


def test_an_empty_policy_means_none() -> None:
    empty = node("a", add, left=1).model_copy(update={"policy": Policy()})

    assert flow_hash(spec(empty)) == flow_hash(spec(node("a", add, left=1)))


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "not_json", "Line 1, column 1"),
        ('{"name": }', "not_json", "Line 1, column 10"),
        (b"\xff\xfe\x00", "not_json", "cannot be read"),
        ("[" * 100_000, "not_json", "cannot be read"),
        ("[]", "not_a_flow", "JSON object"),
        ('{"name": "a", "name": "b"}', "duplicate_key", "'name'"),
        ('{"name": "a", "nodes": NaN}', "bad_value", "NaN"),
        (changed(schema_version=2), "newer_schema", "version 2"),
        (changed(schema_version=0), "bad_field", "schema_version"),
        ("{}", "bad_field", "name"),
        (changed(colour="red"), "bad_field", "colour"),
        (changed(inputs={"not a name": {"type": {}}}), "bad_id", "not a name"),
    ],
)
def test_what_is_no_flow_is_refused_in_our_words(text: str, code: str, said: str) -> None:
    (problem,) = problems(text)

    assert problem.code == code
    assert said in problem.message
    assert problem.remedy


def test_a_newer_file_says_to_update() -> None:
    assert "pip install -U persistentai-lab" in problems(changed(schema_version=7))[0].remedy


def test_all_bad_fields_are_told_at_once_with_their_node() -> None:
    nodes: Json = [
        {"id": "a", "block": 3},
        {"id": "b", "blok": "x"},
        {"id": "1 2", "block": "x"},
    ]

    told = {(p.code, p.node) for p in problems(changed(nodes=nodes))}

    assert told == {("bad_field", "a"), ("bad_field", "b"), ("bad_id", "1 2")}


def test_the_published_schema_takes_what_is_written() -> None:
    Draft202012Validator.check_schema(json_schema())
    validator = Draft202012Validator(json_schema())

    assert validator.is_valid(json.loads(TEXT))
    assert not validator.is_valid(json.loads(changed(colour="red")))
