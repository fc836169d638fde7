"""What people read of a plan."""

import re

from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.plan import Plan, compile_plan, explain

ARROWS = ("a>b", "a>c", "b>d", "b>e", "c>e", "c>f", "f>g")


def flow() -> FlowSpec:
    pairs = [arrow.split(">") for arrow in ARROWS]
    return FlowSpec(
        name="test",
        nodes=tuple(Node(id=node, block="test.block") for node in "abcdefg"),
        edges=tuple(
            Edge(source=PortRef(node=a, port="out"), target=PortRef(node=b, port=a))
            for a, b in pairs
        ),
    )


def test_text_shows_the_tree_and_who_waits_inside_a_woven_part() -> None:
    first, *tree = explain(compile_plan(flow())).splitlines()

    assert first.startswith("7 nodes, partly woven, plan ")
    assert tree == [
        "series: one after the other",
        "├─ s0 a",
        "└─ s1 woven: each as soon as its inputs are there",
        "   ├─ w0 b",
        "   ├─ w1 c",
        "   ├─ w2 after w0: d",
        "   ├─ w3 after w0, w1: e",
        "   └─ w4 after w1: series: one after the other",
        "      ├─ s0 f",
        "      └─ s1 g",
    ]


def test_text_lists_the_joins_of_strict_mode() -> None:
    lines = explain(compile_plan(flow(), strict=True)).splitlines()

    assert lines[-3:] == ["added joins (2):", "  d waits for c", "  f waits for b"]


def test_mermaid_has_a_box_for_each_part_and_an_arrow_for_each_edge() -> None:
    diagram = explain(compile_plan(flow()), "mermaid")

    lines = [line.strip() for line in diagram.splitlines()]
    assert lines[0] == "flowchart LR"
    assert [line for line in lines if line.startswith("subgraph")] == [
        'subgraph s1["s1 woven"]',
        'subgraph s1_w4["s1/w4 series"]',
    ]
    assert lines.count("end") == 2
    assert len(re.findall(r"n\d --> n\d", diagram)) == len(ARROWS)


def test_mermaid_draws_added_joins_dotted() -> None:
    diagram = explain(compile_plan(flow(), strict=True), "mermaid")

    assert diagram.count("-. join .->") == 2


def test_flows_that_control_nodes_open_are_shown_with_plans_of_their_own() -> None:
    inner = flow().model_copy(update={"name": "inner"})
    outer = FlowSpec(
        name="outer",
        nodes=(Node(id="each", block="control.each", flows={"body": "inner"}),),
        flows={"inner": inner},
    )
    plan = compile_plan(outer)

    _, node, head, *rest = explain(plan).splitlines()
    assert node == "each → body: flow inner"
    assert head.startswith("flow inner: 7 nodes, partly woven, plan ")
    assert rest[0] == "  series: one after the other"
    assert 'subgraph nf0["flow inner"]' in explain(plan, "mermaid")
    assert Plan.from_json(plan.to_json()) == plan
