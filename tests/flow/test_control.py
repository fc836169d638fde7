"""Control nodes while a flow is drawn: as code, as problems, expanded, with stable hashes."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import persistentai_lab as pai
from persistentai_lab.blocks import lists, numbers, records, registry, text, values
from persistentai_lab.engine.commands.pinned import pin
from persistentai_lab.errors import FlowInvalid, TraceError
from persistentai_lab.flow.check import check
from persistentai_lab.flow.codec import canonical, dumps, flow_hash, loads
from persistentai_lab.flow.compat import misfit
from persistentai_lab.flow.control import kinds
from persistentai_lab.flow.control.call import as_written
from persistentai_lab.flow.control.outside import seen_outside
from persistentai_lab.flow.expand import expand
from persistentai_lab.flow.flow import Flow
from persistentai_lab.flow.model import (
    INPUT,
    Budget,
    Edge,
    FlowInput,
    FlowSpec,
    Node,
    Policy,
    PortRef,
    Retry,
)
from persistentai_lab.flow.scope import Scope, signature_of
from persistentai_lab.flow.to_code import to_code
from persistentai_lab.ids import Json, JsonSchema

CATALOGUE = registry.catalogue()
NUMBER: JsonSchema = {"type": "number"}
EACH = Node(id="each", block=kinds.EACH, values={"items": [1], "item": "n"}, flows={"body": "f"})


def body(draw: st.DrawFn, name: str, block: str, first: JsonSchema) -> FlowSpec:
    """A flow of one node, with one to three inputs in any order of names."""
    names = draw(st.lists(st.sampled_from(["a", "b", "z", "class", "item"]), min_size=1,
                          max_size=3, unique=True))  # fmt: skip
    inputs = {names[0]: FlowInput(type=first)}
    for other in names[1:]:
        has_default = draw(st.booleans())
        inputs[other] = (
            FlowInput(type=NUMBER, default=1.5) if has_default else FlowInput(type=NUMBER)
        )
    node = Node(
        id=draw(st.sampled_from(["x", "add"])), block=block, values={"right": draw(st.integers())}
    )
    feed = Edge(
        source=PortRef(node=INPUT, port=names[0]), target=PortRef(node=node.id, port="left")
    )
    return canonical(
        FlowSpec(
            name=name,
            inputs=inputs,
            nodes=(node,),
            edges=(feed,),
            outputs={"result": PortRef(node=node.id, port="result")},
        )
    )


@st.composite
def control_flows(draw: st.DrawFn) -> FlowSpec:
    """Flows of control nodes of every kind, fed by inputs, literals and each other."""
    flows: dict[str, FlowSpec] = {}
    for alias in draw(
        st.lists(st.sampled_from(["f", "body", "x", "each"]), min_size=1, unique=True)
    ):
        flows[alias] = body(
            draw, draw(st.sampled_from([alias, "f", "My flow"])), "numbers.add", NUMBER
        )
    flows["test"] = body(draw, "test", "values.compare", {})
    flows["handler"] = body(draw, "handler", "values.compare", {})
    inputs = {
        "ns": FlowInput(type={"type": "array", "items": NUMBER}),
        "n": FlowInput(type=NUMBER),
        "yes": FlowInput(type={"type": "boolean"}),
    }
    sources = [(PortRef(node=INPUT, port=name), given.type) for name, given in inputs.items()]
    nodes, edges = [], []
    for node_id in draw(st.lists(st.sampled_from(["each", "when", "a", "pai", "f"]), min_size=1,
                                 max_size=4, unique=True)):  # fmt: skip
        node = _node(draw, node_id, sorted(flows.keys() - {"test", "handler"}), flows)
        base = CATALOGUE[node.block]
        seen = {r: signature_of(a, Scope(flows[a]), CATALOGUE) for r, a in node.flows.items()}
        for port in seen_outside(node, base, seen).inputs:
            fitting = [ref for ref, kind in sources if misfit(kind, port.type) is None]
            if port.name in node.values:
                continue
            if fitting and (port.required or draw(st.booleans())):
                target = PortRef(node=node_id, port=port.name)
                edges.append(Edge(source=draw(st.sampled_from(fitting)), target=target))
            elif port.required:
                literals: dict[str, Json] = {"boolean": True, "array": [1, 2]}
                kind = str(port.type.get("type"))
                node = node.model_copy(
                    update={"values": {**node.values, port.name: literals.get(kind, 2)}}
                )
        seen_now = seen_outside(node, base, seen)
        sources += [(PortRef(node=node_id, port=p.name), p.type) for p in seen_now.outputs]
        nodes.append(node)
    used = {alias for node in nodes for alias in node.flows.values()}
    outputs = {"result": PortRef(node=nodes[-1].id, port="result")}
    if nodes[-1].block == kinds.START:
        outputs = {"run": outputs["result"]}
    return canonical(
        FlowSpec(
            name="main",
            inputs=inputs,
            nodes=tuple(map(as_written, nodes)),
            edges=tuple(edges),
            outputs=outputs,
            flows={alias: flow for alias, flow in flows.items() if alias in used},
        )
    )


def _node(draw: st.DrawFn, node_id: str, aliases: list[str], flows: dict[str, FlowSpec]) -> Node:
    block = draw(st.sampled_from(sorted(kinds.KINDS)))
    values: dict[str, Json] = {}
    if block == kinds.SWITCH:
        cases = st.lists(st.sampled_from([1, True, "a", None, [1], 2.5]), min_size=1, max_size=3)
        values["cases"] = draw(cases)
    if block == kinds.REPEAT:
        values["at_most"] = draw(st.integers(1, 9))
    probe = Node(id=node_id, block=block, values=values)
    needs, may = kinds.roles_of(probe)
    fixed = {"until": "test", "handler": "handler"}
    roles = [*needs, *draw(st.lists(st.sampled_from(may), unique=True) if may else st.just([]))]
    used = {role: fixed.get(role) or draw(st.sampled_from(aliases)) for role in roles}
    for port, role in kinds.KINDS[block].names.items():
        if role in used:
            values[port] = draw(st.sampled_from(sorted(flows[used[role]].inputs)))
    if block == kinds.EACH and draw(st.booleans()):
        values["on_error"] = draw(st.sampled_from(["fail", "skip", "keep"]))
    policies = [
        None,
        Policy(retry=Retry(attempts=3), timeout_s=2.5),
        Policy(retry=Retry(attempts=2, backoff_s=0.1), budget=Budget(tokens=5)),
    ]
    policy = None if block == kinds.START else draw(st.sampled_from(policies))
    return Node(id=node_id, block=block, values=values, flows=used, policy=policy)


def run(code: str) -> Flow[..., Any]:
    names: dict[str, Any] = {"__name__": "generated"}
    exec(code, names)
    return [value for value in names.values() if isinstance(value, Flow)][-1]


@settings(max_examples=150)
@given(control_flows())
def test_tracing_the_code_of_control_nodes_gives_the_flow_back(drawn: FlowSpec) -> None:
    assume(check(drawn, CATALOGUE) == [])

    back = run(to_code(drawn, CATALOGUE))

    assert dumps(back.spec) == dumps(drawn)
    assert flow_hash(back.spec) == flow_hash(drawn)
    assert loads(dumps(drawn)) == drawn


@given(control_flows())
def test_expanding_twice_changes_nothing_more(drawn: FlowSpec) -> None:
    once = expand(drawn)

    assert expand(once) == once


@pai.flow
def plus_one(n: float) -> float:
    return numbers.add(n, 1)


def test_a_lambda_uses_values_of_the_flow_around_as_inputs_of_its_own() -> None:
    @pai.flow
    def main(ns: list[float], k: float) -> list[float]:
        more = numbers.add(k, 1)

        def score(n: float) -> float:
            large = values.compare(n, ">", k)
            return pai.when(large, lambda: numbers.add(n, more), lambda: numbers.add(n, 0))

        return pai.each(ns, score)

    assert main.check() == []
    (each,) = [node for node in main.spec.nodes if node.block == kinds.EACH]
    assert set(main.spec.flows[each.flows["body"]].inputs) == {"n", "k", "add"}


def test_control_calls_do_in_python_what_they_say() -> None:
    assert pai.each([1, 2], lambda n: n + 1) == [2, 3]
    assert pai.each([1, 0], lambda n: 1 / n, on_error="skip") == [1]
    kept = pai.each([0], lambda n: 1 / n, on_error="keep")
    assert kept[0]["code"] == "raised"  # type: ignore[index]
    assert pai.when(False, lambda: 1) is None
    assert pai.switch("b", {"a": lambda: 1}, otherwise=lambda: 2) == 2
    assert pai.reduce([1, 2], lambda a, b: a + b, 3) == 6
    assert pai.repeat(lambda n: n * 2, 1, at_most=9, until=lambda n: n > 10) == 16
    assert pai.attempt(lambda: 1 / 0, otherwise=lambda error: error["code"]) == "raised"
    assert pai.merge(None, 2) == 2


def problems(drawn: Flow[..., Any]) -> dict[str, str | None]:
    return {problem.code: problem.port for problem in drawn.check()}


def test_an_item_that_does_not_fit_is_told_at_the_items() -> None:
    @pai.flow
    def main(words: list[str]) -> list[float]:
        return pai.each(words, plus_one)

    assert problems(main) == {"type_mismatch": "items"}


def test_a_state_must_fit_what_it_becomes() -> None:
    @pai.flow
    def main(n: float) -> float:
        return pai.repeat(lambda s: text.template("x", {}), n, at_most=3)  # type: ignore[arg-type,return-value]

    assert problems(main)["type_mismatch"] == "into"


def test_a_state_may_begin_as_an_integer_and_become_a_number() -> None:
    @pai.flow
    def main(ns: list[float], words: list[str]) -> float:
        total = pai.reduce(ns, lambda total, n: numbers.add(total, n), 0)
        counted = lists.length(words)
        return pai.repeat(lambda n: numbers.add(n, total), counted, at_most=3)

    assert main.check() == []


def test_results_have_the_types_that_follow() -> None:
    @pai.flow
    def main(ns: list[float], yes: bool) -> dict[str, Any]:  # type: ignore[return]
        some = pai.each(ns, plus_one, on_error="keep")
        maybe = pai.when(yes, plus_one, None, 1.0)
        return {"some": some, "maybe": maybe, "sure": pai.merge(maybe, numbers.add(1, 2))}

    seen = signature_of("main", Scope(main.spec), main.signatures)
    types = {port.name: port.type for port in seen.outputs}
    assert types["maybe"] == {"anyOf": [NUMBER, {"type": "null"}]}
    assert types["sure"] == NUMBER
    assert types["some"]["items"]["anyOf"][0] == NUMBER  # type: ignore[index,call-overload]


def test_flows_that_contain_themselves_through_a_control_node_are_refused_by_name() -> None:
    node = Node(
        id="each", block=kinds.EACH, values={"items": [1], "item": "n"}, flows={"body": "me"}
    )
    spec = FlowSpec(name="me", inputs={"n": FlowInput(type=NUMBER)}, nodes=(node,))
    inner = spec.model_copy(update={"flows": {}})
    outer = FlowSpec(name="outer", nodes=(node,), flows={"me": inner})

    (problem,) = check(outer, CATALOGUE)
    assert problem.code == "flow_circle"
    with pytest.raises(FlowInvalid):
        expand(outer)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"flows": {}}, "missing_role"),
        ({"flows": {"body": "nobody"}}, "unknown_flow"),
        ({"flows": {"body": "f", "otherwise": "f"}}, "unknown_role"),
        ({"values": {"items": [1], "item": "m"}}, "unknown_port"),
        ({"values": {"items": [1], "item": "n", "at_once": 0}}, "bad_value"),
        ({"block": "lists.length"}, "unknown_role"),
    ],
)
def test_what_is_wrong_with_a_control_node_is_told(changes: dict[str, Any], code: str) -> None:
    node = Node(
        id="each", block=kinds.EACH, values={"items": [1], "item": "n"}, flows={"body": "f"}
    )
    spec = FlowSpec(
        name="main",
        nodes=(node.model_copy(update=changes),),
        flows={"f": plus_one.spec, "other": plus_one.spec},
    )

    assert code in {problem.code for problem in check(spec, CATALOGUE)}


def test_a_loop_without_an_end_cannot_be_drawn() -> None:
    with pytest.raises(TypeError, match="at_most"):

        @pai.flow
        def main(n: float) -> float:
            return pai.repeat(plus_one, n)  # type: ignore[call-arg,no-any-return]


def test_items_that_run_at_once_may_not_write_one_record() -> None:
    @pai.flow
    def main(ns: list[float]) -> None:
        pai.each(ns, lambda n: records.append("log", n))

    assert problems(main) == {"record_conflict": "at_once"}

    @pai.flow
    def ordered(ns: list[float]) -> None:
        pai.each(ns, lambda n: records.append("log", n), at_once=1)

    assert problems(ordered) == {}


def test_plain_python_on_a_value_names_the_control_call() -> None:
    def names(use: Any) -> str:
        with pytest.raises(TraceError) as refused:

            @pai.flow
            def main(n: list[int]) -> Any:
                return use(lists.length(n))

        return refused.value.remedy

    assert "pai.when" in names(lambda n: 1 if n else 2)
    assert "pai.each" in names(lambda n: [x for x in n])

    def loop(n: Any) -> None:
        while n:
            pass

    assert "pai.repeat" in names(loop)


def test_flows_without_control_nodes_keep_their_hashes() -> None:
    pinned = pin(plus_one.spec, {"n": 1}, {}, CATALOGUE)

    assert plus_one.hash[:16] == "2e69700d36ba77e6"
    assert pinned.plan.hash[:16] == "7a0e856e136011d2"
