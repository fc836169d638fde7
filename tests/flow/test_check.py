"""Everything that is wrong is said at once, each with its place and its remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import FlowInvalid, Problem
from persistentai_lab.flow.check import check, check_inputs
from persistentai_lab.flow.expand import expand
from persistentai_lab.flow.model import FlowSpec
from tests.flow.drawing import (
    CATALOGUE,
    add,
    divide,
    fetch,
    greet,
    halve,
    heads,
    keep,
    node,
    spec,
    to_table,
    total,
)
from tests.strategies import wild_flows

STRING = {"type": "string"}
OK = (node("fetch", fetch, path="a"), node("total", total))
WIRED = ("fetch.result > total.rows",)


def found(flow: FlowSpec) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.node, problem.port) for problem in check(flow, CATALOGUE)]


def only(flow: FlowSpec) -> Problem:
    (problem,) = check(flow, CATALOGUE)
    return problem


def test_a_flow_that_can_run_has_no_problems() -> None:
    assert found(spec(*OK, edges=WIRED, outputs={"sum": {"node": "total", "port": "result"}})) == []


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        (spec(), ("empty_flow", None, None)),
        (
            spec(
                node("a", add),
                node("b", add),
                edges=("a.result > b.left", "b.result > a.left"),
            ),
            ("cycle", "a", None),
        ),
        (spec(node("a", "text.nope")), ("unknown_block", "a", None)),
        (
            spec(node("a", add, left=1).model_copy(update={"version": 9})),
            ("unknown_version", "a", None),
        ),
        (
            spec(*OK, edges=(*WIRED, "nobody.result > total.column")),
            ("unknown_node", "nobody", "result"),
        ),
        (
            spec(*OK, edges=(*WIRED, "fetch.result > nobody.x")),
            ("unknown_node", "nobody", "x"),
        ),
        (
            spec(*OK, edges=(*WIRED, "fetch.reslt > total.column")),
            ("unknown_port", "fetch", "reslt"),
        ),
        (spec(*OK, edges=(*WIRED, "fetch.result > total.rwos")), ("unknown_port", "total", "rwos")),
        (spec(*OK, edges=(*WIRED, "$input.no > total.column")), ("unknown_port", "$input", "no")),
        (spec(node("a", add, left=1, nope=2)), ("unknown_port", "a", "nope")),
        (spec(*OK, edges=("fetch.result > total.rows", "fetch.result > total.column")),
         ("type_mismatch", "total", "column")),
        (spec(node("t", to_table, rows=[]), node("a", add), edges=("t.result > a.left",)),
         ("type_mismatch", "a", "left")),
        (spec(node("a", add)), ("missing_input", "a", "left")),
        (spec(node("a", add, left=1), node("a", greet, name="x")), ("duplicate_node", "a", None)),
        (
            spec(
                node("a", add, left=1), node("b", add, left=1), node("c", add),
                edges=("a.result > c.left", "b.result > c.left"),
            ),
            ("input_fed_twice", "c", "left"),
        ),
        (
            spec(node("a", add, left=1), node("b", add, left=1), edges=("a.result > b.left",)),
            ("value_and_edge", "b", "left"),
        ),
        (spec(node("a", add, left="one")), ("bad_value", "a", "left")),
        (spec(node("a", add, left=True)), ("bad_value", "a", "left")),
        (spec(node("h", heads, table=[1])), ("bad_value", "h", "table")),
        (spec(node("a", halve, number=float("nan"))), ("bad_value", "a", "number")),
        (spec(node("a", add), edges=("a.result > a.left",)), ("self_edge", "a", "left")),
        (
            spec(*OK, edges=WIRED, outputs={"x": {"node": "nobody", "port": "result"}}),
            ("unknown_node", "nobody", "result"),
        ),
        (
            spec(*OK, edges=WIRED, outputs={"x": {"node": "total", "port": "nope"}}),
            ("unknown_port", "total", "nope"),
        ),
        (
            spec(*OK, edges=WIRED, inputs={"p": {"type": STRING}},
                 outputs={"x": {"node": "$input", "port": "p"}}),
            ("output_is_input", "$input", "p"),
        ),
        (spec(node("a", "flow:nope")), ("unknown_flow", "a", None)),
        (spec(*OK, edges=WIRED, inputs={"p": {"type": {"type": 5}}}), ("bad_type", "$input", "p")),
        (
            spec(*OK, edges=WIRED, inputs={"p": {"type": STRING, "default": 5}}),
            ("bad_default", "$input", "p"),
        ),
        (spec(*OK, edges=WIRED, inputs={"class": {"type": STRING}}), ("bad_id", "$input", "class")),
        (spec(node("a/b", add, left=1)), ("bad_id", "a/b", None)),
        (
            spec(node("a", keep, key="k", value=1), node("b", keep, key="k", value=2)),
            ("record_conflict", "b", "key"),
        ),
    ],
    ids=lambda case: case[0] if isinstance(case, tuple) else "",
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(
    flow: FlowSpec, problem: tuple[str, str | None, str | None]
) -> None:
    assert found(flow) == [problem]
    assert only(flow).message.endswith(".")
    assert only(flow).remedy


def test_all_problems_are_told_at_once() -> None:
    flow = spec(
        node("a", "nope.nope"),
        node("b", add, left="x", right="y"),
        node("c", greet),
        outputs={"x": {"node": "z", "port": "result"}},
    )

    assert [code for code, _, _ in found(flow)] == [
        "unknown_block",
        "bad_value",
        "bad_value",
        "missing_input",
        "unknown_node",
    ]


def test_a_circle_is_told_in_the_order_of_its_arrows() -> None:
    circle = spec(
        *(node(name, add) for name in "cab"),
        edges=("a.result > c.left", "c.result > b.left", "b.result > a.left"),
    )

    assert "a → c → b → a" in only(circle).message


def test_two_circles_are_two_problems() -> None:
    edges = ("a.result > b.left", "b.result > a.left", "c.result > d.left", "d.result > c.left")
    two = spec(*(node(name, add) for name in "abcd"), edges=edges)

    assert [problem.node for problem in check(two, CATALOGUE)] == ["a", "c"]


@pytest.mark.parametrize(
    ("flow", "meant"),
    [
        (spec(node("a", "csv.raed")), "csv.read"),
        (spec(node("a", add, left=1, rihgt=2)), "right"),
        (spec(*OK, edges=("fetch.reslt > total.rows",)), "result"),
        (spec(*OK, edges=WIRED, outputs={"x": {"node": "totl", "port": "result"}}), "total"),
    ],
)
def test_a_misspelt_name_is_guessed(flow: FlowSpec, meant: str) -> None:
    catalogue = {**CATALOGUE, "csv.read": CATALOGUE[fetch.name]}

    assert any(problem.remedy == f"Did you mean {meant!r}?" for problem in check(flow, catalogue))


def test_a_mismatch_names_both_ends() -> None:
    flow = spec(*OK, edges=("fetch.result > total.rows", "fetch.result > total.column"))

    assert only(flow).message == (
        "fetch.result does not fit: List of map of integer does not fit string."
    )


def test_an_older_version_is_found_under_its_own_key() -> None:
    newer = CATALOGUE[add.name].model_copy(update={"version": 2})
    catalogue = {add.name: newer, f"{add.name}@1": CATALOGUE[add.name]}

    assert check(spec(node("a", add, left=1)), catalogue) == []


def test_records_in_order_are_no_conflict() -> None:
    flow = spec(
        node("a", divide, number=5),
        node("one", keep, key="k"),
        node("two", keep, key="j"),
        edges=("a.whole > one.value", "a.rest > two.value"),
    )

    assert found(flow) == []


INNER = spec(
    node("add", add), edges=("$input.n > add.left",),
    name="inner", inputs={"n": {"type": {"type": "integer"}}},
    outputs={"sum": {"node": "add", "port": "result"}},
)  # fmt: skip


def test_problems_inside_a_flow_are_told_with_the_node_that_uses_it() -> None:
    broken = INNER.model_copy(update={"nodes": (*INNER.nodes, node("bad", "no.block"))})
    flow = spec(node("sub", "flow:inner", n=1), flows={"inner": broken})

    assert found(flow) == [("unknown_block", "sub/bad", None)]


def test_types_are_followed_out_of_a_flow() -> None:
    flow = spec(
        node("sub", "flow:inner", n=1), node("greet", greet),
        edges=("sub.sum > greet.name",), flows={"inner": INNER},
    )  # fmt: skip

    assert found(flow) == [("type_mismatch", "greet", "name")]


def test_a_flow_that_contains_itself_is_refused() -> None:
    one = spec(node("x", "flow:b"), name="a")
    two = spec(node("y", "flow:a"), name="b")
    flow = spec(node("start", "flow:a"), flows={"a": one, "b": two})

    assert found(flow) == [("flow_circle", None, None)]
    assert "test → a → b → a" in only(flow).message
    with pytest.raises(FlowInvalid, match="circle"):
        expand(flow)


def test_records_conflict_across_flows() -> None:
    inner = spec(node("keep", keep, key="k", value=1), name="inner")
    flow = spec(
        node("one", "flow:inner"), node("keep", keep, key="k", value=2), flows={"inner": inner}
    )

    assert found(flow) == [("record_conflict", "one/keep", "key")]


def test_inputs_of_a_run() -> None:
    flow = spec(
        *OK, edges=WIRED,
        inputs={"path": {"type": STRING}, "n": {"type": {"type": "integer"}, "default": 3}},
    )  # fmt: skip

    told = [(p.code, p.port) for p in check_inputs(flow, {"n": "x", "pth": "y"})]

    assert check_inputs(flow, {"path": "x"}) == []
    assert told == [("unknown_input", "pth"), ("missing_input", "path"), ("bad_value", "n")]
    assert check_inputs(flow, {"pth": "x"})[0].remedy == "Did you mean 'path'?"


@given(wild_flows())
def test_never_raises_on_what_parses(flow: FlowSpec) -> None:
    problems = check(flow, CATALOGUE)

    assert all(p.code and p.message and p.remedy for p in problems)
    if not problems:
        assert not any(n.block.startswith("flow:") for n in expand(flow).nodes)


@given(st.data())
def test_the_order_in_the_file_changes_no_problem(data: st.DataObject) -> None:
    flow = data.draw(wild_flows())
    mixed = flow.model_copy(
        update={
            "nodes": tuple(data.draw(st.permutations(flow.nodes))),
            "edges": tuple(data.draw(st.permutations(flow.edges))),
        }
    )
    if len({n.id for n in flow.nodes}) == len(flow.nodes):
        one, other = ({str(p) for p in check(f, CATALOGUE)} for f in (flow, mixed))
        assert one == other
