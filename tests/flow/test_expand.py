"""Flows used as blocks are inlined without a change of meaning."""

from persistentai_lab.blocks.control.call import call
from persistentai_lab.flow.check import check
from persistentai_lab.flow.expand import expand
from persistentai_lab.flow.model import FlowSpec, Policy, Position
from persistentai_lab.flow.scope import Scope, signature_of, signatures_in
from tests.flow.drawing import CATALOGUE, add, divide, node, spec

INT = {"type": "integer"}


def leaf(name: str = "leaf") -> FlowSpec:
    return spec(
        node("divide", divide),
        node("add", add),
        edges=(
            "$input.n > divide.number",
            "$input.by > divide.by",
            "divide.whole > add.left",
            "divide.rest > add.right",
        ),
        name=name,
        inputs={"n": {"type": INT}, "by": {"type": INT, "default": 7}},
        outputs={"sum": {"node": "add", "port": "result"}},
    )


def arrows(flow: FlowSpec) -> set[str]:
    return {f"{edge.source} > {edge.target}" for edge in flow.edges}


def test_a_flow_without_flows_stays_as_it_is() -> None:
    flow = spec(node("a", add, left=1))

    assert expand(flow) is flow


def test_inner_nodes_are_wired_through() -> None:
    flow = spec(
        node("first", add, left=1), node("sub", "flow:leaf"), node("last", add),
        edges=("first.result > sub.n", "sub.sum > last.left"),
        flows={"leaf": leaf()}, outputs={"x": {"node": "sub", "port": "sum"}},
        layout={"first": {"x": 1, "y": 1}, "sub": {"x": 2, "y": 2}},
    )  # fmt: skip

    flat = expand(flow)

    assert check(flow, CATALOGUE) == []
    assert [n.id for n in flat.nodes] == ["first", "sub/divide", "sub/add", "last"]
    assert arrows(flat) == {
        "first.result > sub/divide.number",
        "sub/divide.whole > sub/add.left",
        "sub/divide.rest > sub/add.right",
        "sub/add.result > last.left",
    }
    assert str(flat.outputs["x"]) == "sub/add.result"
    assert flat.node("sub/divide").values == {"by": 7}  # type: ignore[union-attr]
    assert flat.flows == {}
    assert flat.layout == {"first": Position(x=1, y=1)}


def test_a_flow_with_a_time_or_retries_is_run_by_a_node_that_looks_the_same() -> None:
    middle = spec(
        node("kept", "flow:leaf", n=1).model_copy(update={"policy": Policy(timeout_s=5)}),
        node("flat", "flow:leaf"),
        edges=("kept.sum > flat.n",), flows={"leaf": leaf()}, name="middle",
        outputs={"sum": {"node": "kept", "port": "sum"}},
    )  # fmt: skip
    flow = spec(
        node("sub", "flow:middle"), node("last", add), flows={"middle": middle},
        edges=("sub.sum > last.left",),
    )  # fmt: skip

    flat = expand(flow)

    assert check(flow, CATALOGUE) == []
    assert [n.id for n in flat.nodes] == ["sub/kept", "sub/flat/divide", "sub/flat/add", "last"]
    kept = flat.nodes[0]
    assert (kept.block, kept.values, kept.flows) == ("control.call", {"n": 1}, {"body": "leaf"})
    assert kept.policy == Policy(timeout_s=5)
    assert arrows(flat) >= {"sub/kept.sum > sub/flat/divide.number", "sub/kept.sum > last.left"}
    assert flat.flows == {"leaf": leaf()}
    assert expand(flat) == flat
    known = {**CATALOGUE, "control.call": call.signature}
    before, after = (signatures_in(Scope(it), known) for it in (middle, expand(middle)))
    assert after["kept"].outputs == before["kept"].outputs
    assert sorted(after["kept"].inputs, key=str) == sorted(before["kept"].inputs, key=str)
    assert after["kept"].title == "leaf"


def test_literals_win_over_defaults() -> None:
    flow = spec(node("sub", "flow:leaf", n=1, by=2), flows={"leaf": leaf()})

    assert expand(flow).node("sub/divide").values == {"number": 1, "by": 2}  # type: ignore[union-attr]


def test_inputs_reach_through_two_flows() -> None:
    middle = spec(
        node("one", "flow:leaf"), node("two", "flow:leaf"),
        edges=("$input.m > one.n", "one.sum > two.n"),
        name="middle", inputs={"m": {"type": INT}}, flows={"leaf": leaf()},
        outputs={"end": {"node": "two", "port": "sum"}},
    )  # fmt: skip
    flow = spec(
        node("sub", "flow:middle"), node("add", add),
        edges=("$input.x > sub.m", "sub.end > add.left"),
        inputs={"x": {"type": INT}}, flows={"middle": middle},
    )  # fmt: skip

    flat = expand(flow)

    assert check(flow, CATALOGUE) == []
    assert arrows(flat) >= {
        "$input.x > sub/one/divide.number",
        "sub/one/add.result > sub/two/divide.number",
        "sub/two/add.result > add.left",
    }


def test_one_flow_feeds_another_directly() -> None:
    flow = spec(
        node("one", "flow:leaf", n=1), node("two", "flow:leaf"),
        edges=("one.sum > two.n",), flows={"leaf": leaf()},
    )  # fmt: skip

    assert "one/add.result > two/divide.number" in arrows(expand(flow))


def test_flows_are_looked_up_from_the_inside_out() -> None:
    middle = spec(node("x", "flow:leaf", n=1), name="middle")
    flow = spec(node("sub", "flow:middle"), flows={"middle": middle, "leaf": leaf()})

    assert check(flow, CATALOGUE) == []
    assert {n.id for n in expand(flow).nodes} == {"sub/x/divide", "sub/x/add"}


def test_a_flow_looks_like_a_block_from_outside() -> None:
    signature = signature_of("leaf", Scope(leaf()), CATALOGUE)

    assert signature.block == "flow:leaf"
    assert [(p.name, p.required, p.default) for p in signature.inputs] == [
        ("n", True, None),
        ("by", False, 7),
    ]
    assert [(p.name, p.type) for p in signature.outputs] == [("sum", INT)]
