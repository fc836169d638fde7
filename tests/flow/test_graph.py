import json
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import csv, lists, records, text
from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.records.record import Version
from persistentai_lab.errors import FlowInvalid
from persistentai_lab.examples import penguins
from persistentai_lab.flow.check import check
from persistentai_lab.flow.codec import flow_hash
from persistentai_lab.flow.edit import with_values
from persistentai_lab.flow.expand import expand
from persistentai_lab.flow.graph import glyph_of, graph_of, words_of
from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.plan import compile_plan


@pai.flow
def inner(word: str, times: int = 2) -> str:
    return text.join(lists.of(word, word))


@pai.flow
def keeping(word: str) -> str:
    records.put("said", word)
    return text.upper(word)


@pai.flow
def outer(word: str) -> str:
    return text.join(lists.of(inner(word), keeping(word)), separator="-")


def drawn(flow):
    return graph_of(flow.spec, flow.signatures)


def node(graph, name):
    return next(each for each in graph["nodes"] if each["id"] == name)


def port(side, name):
    return next(each for each in side if each["name"] == name)


@pytest.mark.parametrize("flow", [penguins.report, inner, keeping, outer], ids=lambda f: f.name)
def test_every_end_of_an_edge_is_a_port_that_is_drawn(flow):
    graph = drawn(flow)

    outputs = {(n["id"], p["name"]) for n in graph["nodes"] for p in n["outputs"]}
    outputs |= {("$input", p["name"]) for p in graph["inputs"]}
    inputs = {(n["id"], p["name"]) for n in graph["nodes"] for p in n["inputs"]}
    for edge in graph["edges"]:
        assert (edge["source"]["node"], edge["source"]["port"]) in outputs
        assert (edge["target"]["node"], edge["target"]["port"]) in inputs
    for output in graph["outputs"]:
        assert (output["node"], output["port"]) in outputs
    json.dumps(graph, allow_nan=False)


def test_each_input_says_what_feeds_it_or_what_stands_there():
    rows, columns, by = (
        port(node(drawn(penguins.report), "summary")["inputs"], name)
        for name in ("rows", "columns", "by")
    )

    assert rows["source"] == {"node": "complete", "port": "result"}
    assert (rows["has_value"], rows["value"], rows["schema"]) == (False, None, {})
    assert (columns["source"], columns["has_value"]) == (None, True)
    assert columns["value"] == ["flipper_length_mm", "body_mass_g"]
    assert (by["type"], by["required"], by["schema"]["anyOf"][0]["type"]) == (
        "string or nothing", False, "string",
    )  # fmt: skip


def test_an_input_left_alone_shows_its_default():
    style = port(node(drawn(penguins.report), "where_table")["inputs"], "digits")

    assert (style["has_value"], style["value"], style["required"]) == (False, 2, False)


def test_what_stands_for_not_given_is_not_shown():
    last = port(node(drawn(penguins.report), "sections")["inputs"], "h")

    assert (last["has_value"], last["value"]) == (False, None)


def test_own_blocks_are_told_from_those_that_come_with_the_package():
    graph = drawn(penguins.report)

    assert [n["id"] for n in graph["nodes"] if n["own"]] == [
        "bootstrap_adelie", "bootstrap_chinstrap", "bootstrap_gentoo", "census", "complete",
    ]  # fmt: skip
    assert node(graph, "census")["family"] == "penguins"
    assert node(graph, "read")["family"] == "csv"
    assert node(graph, "read")["title"] == "Read CSV"


def test_an_output_has_the_type_of_what_it_hands_on():
    graph = drawn(penguins.report)

    (result,) = node(graph, "intervals")["outputs"]
    assert result["type"] == "list of objects"


def test_a_flow_inside_is_one_node_with_the_heaviest_effect_of_its_own():
    graph = drawn(outer)

    assert node(graph, "keeping")["effect"] == "store"
    assert node(graph, "inner")["effect"] == "pure"
    assert not node(graph, "inner")["own"]
    assert [p["name"] for p in node(graph, "inner")["inputs"]] == ["word", "times"]


def test_an_expanded_flow_is_drawn_too():
    graph = graph_of(expand(outer.spec), catalogue())

    assert "keeping/upper" in [n["id"] for n in graph["nodes"]]


def test_a_block_that_nobody_knows_is_drawn_with_what_the_flow_says_of_it():
    spec = FlowSpec(
        name="lost",
        nodes=(Node(id="a", block="lost.block", values={"n": 1}), Node(id="b", block="m:f")),
        edges=(Edge(source=PortRef(node="a", port="x"), target=PortRef(node="b", port="y")),),
    )

    graph = graph_of(spec, {})

    assert port(node(graph, "a")["inputs"], "n")["value"] == 1
    assert port(node(graph, "b")["inputs"], "y")["source"] == {"node": "a", "port": "x"}
    assert (node(graph, "a")["title"], node(graph, "b")["title"]) == ("block", "f")


def test_flows_in_a_circle_are_drawn_without_types():
    spec = FlowSpec(name="loop", nodes=(Node(id="again", block="flow:loop"),))
    spec = spec.model_copy(update={"flows": {"loop": spec}})
    spec = spec.model_copy(update={"flows": {"loop": spec}})

    assert [n["id"] for n in graph_of(spec, {})["nodes"]] == ["again"]


def test_a_flow_says_its_inputs_and_whether_they_may_be_left_out():
    word, times = drawn(inner)["inputs"]

    assert (word["has_default"], word["glyph"], "default" in word) == (False, "text", False)
    assert (times["has_default"], times["glyph"], times["default"]) == (True, "number", 2)


@pytest.mark.parametrize(
    ("schema", "glyph", "words"),
    [
        ({}, "any", "anything"),
        ({"type": "string"}, "text", "string"),
        ({"type": "string", "format": "password", "writeOnly": True}, "secret", "string"),
        ({"type": "string", "format": "path"}, "file", "string"),
        ({"type": "integer"}, "number", "integer"),
        ({"type": "boolean"}, "boolean", "boolean"),
        ({"x-pai-type": "table"}, "table", "table"),
        ({"x-pai-type": "image"}, "image", "image"),
        ({"x-pai-type": "bytes"}, "file", "bytes"),
        ({"type": "array", "items": {"type": "integer"}}, "list", "list of integers"),
        ({"type": "array", "items": {}}, "list", "list of anything"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "object", "object"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number", "number or nothing"),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, "any", "number or string"),
        ({"enum": ["a", "b"]}, "text", '"a" or "b"'),
        ({"$ref": "#/$defs/X", "$defs": {"X": {"type": "string"}}}, "text", "string"),
        ({"$ref": "#/$defs/lost"}, "any", "anything"),
    ],
)
def test_a_type_is_a_sign_and_a_few_words(schema, glyph, words):
    assert (glyph_of(schema), words_of(schema)) == (glyph, words)


def test_other_values_make_another_flow_and_leave_this_one():
    before = flow_hash(outer.spec)

    changed = with_values(outer.spec, {"join": {"separator": "+"}})

    assert changed.node("join").values == {"separator": "+"}
    assert flow_hash(outer.spec) == before != flow_hash(changed)


def test_a_value_inside_a_flow_inside_is_reached_by_its_path():
    changed = with_values(outer.spec, {"inner/join": {"separator": "+"}})

    assert expand(changed).node("inner/join").values["separator"] == "+"
    assert changed.node("inner").block != outer.spec.node("inner").block, "others keep theirs"
    assert not check(changed, catalogue())


def test_every_value_that_has_no_place_is_named():
    lost = {"joy": {"separator": "+"}, "inner/joy": {"separator": "+"}}
    with pytest.raises(FlowInvalid) as caught:
        with_values(outer.spec, {**lost, "join": {"parts": []}})

    assert [(p.code, p.node, p.port) for p in caught.value.problems] == [
        ("node_not_found", "joy", None), ("port_fed", "join", "parts"),
        ("node_not_found", "inner/joy", None),
    ]  # fmt: skip


def test_a_table_that_is_read_keeps_its_words():
    @pai.flow
    def rows(path: str) -> list[dict]:
        return lists.take(csv.read(path), 3)

    (result,) = node(drawn(rows), "take")["outputs"]

    assert result["type"] == "list of objects"


def test_a_flow_that_is_not_inlined_tells_what_is_in_it_before_and_when_it_runs():
    @pai.flow
    def main(word: str) -> str:
        return inner.with_(retry=2)(word)

    before, running = drawn(main), graph_of(expand(main.spec), catalogue())

    for graph in (before, running):
        (called,) = graph["nodes"]
        assert called["flows"] == {"body": "of → join"}
        assert (called["title"], called["policies"]) == ("inner", ["Tried 2 times at most"])


def test_a_control_node_tells_what_it_runs():
    @pai.flow
    def main(words: list[str]) -> list[str]:
        return pai.each(words, lambda word: pai.when(True, inner, keeping, word))

    each = node(drawn(main), "each")

    assert each["flows"] == {"body": "when"}
    assert each["effect"] == "store"
    assert [p["name"] for p in each["inputs"]] == ["items", "item", "at_once", "on_error", "rows"]
    body = next(iter(main.spec.flows.values()))
    when = node(graph_of(body, main.signatures), "when")
    assert when["flows"] == {"otherwise": "put → upper", "then": "of → join"}


def test_the_nodes_inside_are_named_as_their_run_names_them():
    @pai.flow
    def part(word: str) -> str:
        return text.upper(inner(word))

    @pai.flow
    def main(words: list[str], word: str) -> dict[str, Any]:
        each = pai.each(
            words, lambda word: pai.when(True, lambda word: part.with_(retry=2)(word), None, word)
        )
        last = pai.repeat(text.upper, word, at_most=3, until=lambda w: text.contains(w, "A"))
        pai.start(part, word)
        return {"each": each, "part": part(word), "last": last}

    graph = drawn(main)

    def inside(name):
        return [(it["at"], it["name"], it["role"]) for it in node(graph, name)["inside"]]

    assert inside("each") == [
        ("each/*/when", "when", "body"),
        ("each/*/when/then/part", "when/then/part", "body"),
        ("each/*/when/then/part/body/inner/of", "when/then/part/body/inner/of", "body"),
        ("each/*/when/then/part/body/inner/join", "when/then/part/body/inner/join", "body"),
        ("each/*/when/then/part/body/upper", "when/then/part/body/upper", "body"),
    ]
    assert inside("repeat") == [
        ("repeat/*/upper", "upper", "body"),
        ("repeat/*.until/contains", "contains", "until"),
    ]
    assert [at for at, _, _ in inside("part")] == [
        "part/inner/of", "part/inner/join", "part/upper",
    ]  # fmt: skip
    assert inside("start") == []
    assert node(graph, "each")["inside"][-1]["port"] == "text"
    locate = Version(expand(main.spec), compile_plan(expand(main.spec)), {}).locate
    for name in ("each", "repeat", "part"):
        for at, *_ in inside(name):
            assert locate(at.replace("*", "0"))[1].id in at
