"""A function drawn once; Python on values that do not exist yet is refused with its replacement."""

import json
import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from persistentai_lab.errors import TraceError
from persistentai_lab.flow.flow import Flow, flow
from persistentai_lab.flow.model import PortRef, Retry
from persistentai_lab.flow.trace import is_tracing
from tests.flow.drawing import HERE, Parts, add, divide, fetch, greet, halve, keep, total


def test_parameters_become_inputs_and_calls_become_nodes() -> None:
    @flow
    def report(path: str, n: int = 3) -> int:
        return add(total(fetch(path)), n)

    spec = report.spec

    assert spec.name == "report"
    assert spec.inputs["path"].type == {"type": "string"}
    assert not spec.inputs["path"].has_default
    assert spec.inputs["n"].default == 3
    assert [(n.id, n.block) for n in spec.nodes] == [
        ("add", f"{HERE}:add"),
        ("fetch", f"{HERE}:fetch"),
        ("total", f"{HERE}:total"),
    ]
    assert {f"{e.source} > {e.target}" for e in spec.edges} == {
        "$input.path > fetch.path",
        "fetch.result > total.rows",
        "total.result > add.left",
        "$input.n > add.right",
    }
    assert spec.outputs == {"result": PortRef(node="add", port="result")}
    assert report.check() == []


def test_ids_are_numbered_in_the_order_of_calls() -> None:
    @flow
    def chain(n: int) -> int:
        return add(add(add(n, 1), 2), 3)

    assert [(n.id, n.values) for n in chain.spec.nodes] == [
        ("add", {"right": 1}),
        ("add_2", {"right": 2}),
        ("add_3", {"right": 3}),
    ]


def test_constants_become_literals_and_plain_python_just_runs() -> None:
    @flow
    def unrolled() -> int:
        value = add(0)
        for step in range(2):
            value = add(left=value, right=step * 10)
        return value

    assert [n.values for n in unrolled.spec.nodes] == [{"left": 0}, {"right": 0}, {"right": 10}]


def test_outputs_of_a_named_tuple_are_taken_by_name_or_unpacked() -> None:
    @flow
    def split(n: int) -> Parts:
        first = divide(n)
        whole, rest = divide(first.whole)
        return Parts(whole, rest)

    assert split.spec.outputs == {
        "whole": PortRef(node="divide_2", port="whole"),
        "rest": PortRef(node="divide_2", port="rest"),
    }


def test_a_dict_names_outputs() -> None:
    @flow
    def both(n: int) -> dict[str, float]:
        return {"sum": add(n), "half": halve(n)}

    assert set(both.spec.outputs) == {"sum", "half"}


def test_wishes_reach_the_node() -> None:
    @flow
    def wishing(n: int) -> int:
        one = add.with_(id="one", retry=3, timeout_s=2)(n)
        return add.with_(retry=Retry(attempts=2, backoff_s=0), version=7)(one)

    one, two = wishing.spec.node("one"), wishing.spec.node("add")
    assert one is not None
    assert two is not None
    assert one.policy is not None
    assert (one.policy.retry, one.policy.timeout_s) == (Retry(attempts=3), 2)
    assert two.version == 7


def test_a_flow_inside_a_flow_is_one_node() -> None:
    @flow
    def inner(n: int) -> int:
        return add(n)

    @flow
    def outer(n: int) -> int:
        return inner(inner(n))

    assert [n.block for n in outer.spec.nodes] == ["flow:inner", "flow:inner"]
    assert outer.spec.flows == {"inner": inner.spec}
    assert outer.check() == []
    assert set(outer.signatures) == {add.name}
    assert set(outer.sources) == {HERE}


def test_two_flows_of_one_name_are_kept_apart() -> None:
    def make(step: int) -> Flow[[int], int]:
        @flow
        def inner(n: int) -> int:
            return add(n, step)

        return inner

    @flow
    def outer(n: int) -> int:
        return make(2)(make(1)(n))

    assert set(outer.spec.flows) == {"inner", "inner_2"}


def test_outside_a_flow_blocks_and_flows_are_plain_functions() -> None:
    @flow
    def report(path: str, n: int = 3) -> int:
        return add(total(fetch(path)), n)

    assert not is_tracing()
    assert add(1, 2) == 3
    assert report("abc") == 6
    assert add.with_(id="x", retry=2)(1, 2) == 3


def test_source_of_each_module_comes_along() -> None:
    @flow
    def report(path: str) -> Any:
        return fetch(path)

    assert report.sources[str(HERE)] is not None
    assert "def fetch(path: str)" in str(report.sources[str(HERE)])


USES: list[tuple[str, Callable[[Any], object], str]] = [
    ("if", lambda x: 1 if x else 2, "pai.when"),
    ("not", lambda x: not x, "pai.when"),
    ("for", lambda x: [y for y in x], "pai.each"),
    ("unpacking", lambda x: [*x], "pai.each"),
    ("len", lambda x: len(x), "lists.length"),
    ("str", lambda x: str(x), "text.template"),
    ("repr", lambda x: repr(x), "text.template"),
    ("f-string", lambda x: f"{x}", "text.template"),
    ("f-string with repr", lambda x: f"{x!r}", "text.template"),
    ("format", lambda x: "{}".format(x), "text.template"),  # noqa: UP032
    ("percent", lambda x: "%s" % x, "text.template"),  # noqa: UP031
    ("join", lambda x: ", ".join([x]), "@pai.block"),
    ("==", lambda x: x == 1, "@pai.block"),
    ("== from the other side", lambda x: 1 == x, "@pai.block"),  # noqa: SIM300
    ("!=", lambda x: x != 1, "@pai.block"),
    ("<", lambda x: x < 1, "@pai.block"),
    (">=", lambda x: x >= 1, "@pai.block"),
    ("in", lambda x: 1 in x, "@pai.block"),
    ("in a list", lambda x: x in [1], "@pai.block"),
    ("+", lambda x: x + 1, "numbers.add"),
    ("+ from the other side", lambda x: 1 + x, "numbers.add"),
    ("sum", lambda x: sum([x]), "numbers.add"),
    ("-x", lambda x: -x, "numbers.add"),
    ("abs", lambda x: abs(x), "numbers.add"),
    ("%", lambda x: x % 2, "numbers.add"),
    ("**", lambda x: 2**x, "numbers.add"),
    ("@", lambda x: x @ x, "numbers.add"),
    ("floor", lambda x: math.floor(x), "numbers.add"),
    ("round", lambda x: round(x), "numbers.round"),
    ("int", lambda x: int(x), "values.cast"),
    ("float", lambda x: float(x), "values.cast"),
    ("range", lambda x: range(x), "values.cast"),
    ("index", lambda x: x[0], "NamedTuple"),
    ("slice", lambda x: x[1:], "NamedTuple"),
    ("attribute", lambda x: x.columns, "NamedTuple"),
    ("method", lambda x: x.upper(), "NamedTuple"),
    ("dict key", lambda x: {x: 1}, "@pai.block"),
    ("set", lambda x: {x}, "@pai.block"),
    ("call", lambda x: x(), "Only blocks"),
    ("with", lambda x: x.__enter__(), "@pai.block"),
    ("await", lambda x: x.__await__(), "Drop the `await`"),
    ("open", lambda x: open(x), "@pai.block"),  # noqa: SIM115
    ("path", lambda x: os.path.join("a", x), "@pai.block"),
    ("json", lambda x: json.dumps(x), "@pai.block"),
    ("inside a list", lambda x: total(rows=[x]), "lists.of"),
    ("inside a dict", lambda x: total(rows=[{"n": x}]), "lists.of"),
]


@pytest.mark.parametrize(("use", "remedy"), [u[1:] for u in USES], ids=[u[0] for u in USES])
@pytest.mark.parametrize("kind", ["input", "node"])
def test_python_on_a_promise_is_refused_with_its_replacement(
    use: Callable[[Any], object], remedy: str, kind: str
) -> None:
    def drawn(x: int) -> None:
        use(x if kind == "input" else add(x))

    with pytest.raises(TraceError) as caught:
        flow(drawn)

    assert remedy in caught.value.remedy
    if "@pai.block" not in remedy and "lists.of" not in remedy:
        place = ("$input", "x") if kind == "input" else ("add", "result")
        assert (caught.value.node, caught.value.port) == place
        assert place[1] in caught.value.message
    assert not is_tracing()


WRONG: list[tuple[str, Callable[[], object], str]] = [
    ("unknown input", lambda: add(nope=1), "no input 'nope'"),  # type: ignore[call-arg]
    ("missing input", lambda: add(), "lacks its input 'left'"),  # type: ignore[call-arg]
    ("too many", lambda: add(1, 2, 3), "takes 2 inputs"),  # type: ignore[call-arg]
    ("given twice", lambda: add(1, left=2), "'left' twice"),  # type: ignore[misc]
    ("NaN", lambda: halve(math.nan), "nan"),
    ("no JSON", lambda: greet(object()), "object cannot be written"),  # type: ignore[arg-type]
    ("several outputs", lambda: add(divide(1)), "has 2 outputs"),  # type: ignore[arg-type]
    ("no outputs", lambda: add(keep("k", 1)), "has no outputs"),  # type: ignore[arg-type]
    ("unknown output", lambda: divide(1).nope, "no output 'nope'"),  # type: ignore[attr-defined]
    ("same id", lambda: [add.with_(id="a")(1), add.with_(id="a")(1)], "Two nodes"),
    ("bad id", lambda: add.with_(id="a b")(1), "no node id"),
]


@pytest.mark.parametrize(("use", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_call_is_refused(use: Callable[[], object], said: str) -> None:
    def drawn() -> None:
        use()

    with pytest.raises(TraceError, match=said):
        flow(drawn)


class Pair(NamedTuple):
    """Two."""

    a: int
    b: int


def untyped(x) -> None:  # type: ignore[no-untyped-def]
    """Has a parameter without a type."""


def many(*x: int) -> None:
    """Has parameters without names."""


def wrong_default(x: int = "a") -> None:  # type: ignore[assignment]
    """Has a default of another type."""


def constant() -> int:
    """Returns what is known before."""
    return 3


def echo(x: int) -> int:
    """Returns its own input."""
    return x


def nameless(x: int) -> Any:
    """Returns several values without names."""
    return add(x), add(x)


async def awaited(x: int) -> None:
    """Is awaited."""


def unknown_type(x: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Has a type that is not there."""


@pytest.mark.parametrize(
    ("func", "said"),
    [
        (untyped, "'x' has no type"),
        (many, "'x' has no fixed name"),
        (wrong_default, "default of another type"),
        (constant, "constant 3"),
        (echo, "own input 'x'"),
        (nameless, "several values without names"),
        (awaited, "drawn, not awaited"),
        (unknown_type, "'Nowhere'"),
    ],
)
def test_a_function_that_is_no_flow_is_refused(func: Callable[..., object], said: str) -> None:
    with pytest.raises(TraceError, match=said) as caught:
        flow(func)

    assert caught.value.remedy


def test_a_value_of_another_flow_is_refused() -> None:
    kept: list[Any] = []

    @flow
    def first(x: int) -> None:
        kept.append(add(x))

    assert first.name == "first"
    assert repr(kept[0]) == "<value of 'add.result'>"
    with pytest.raises(TraceError, match="another flow"):

        @flow
        def second() -> int:
            return add(kept[0])


def test_a_person_s_own_error_passes_through() -> None:
    def broken() -> None:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        flow(broken)


def test_a_flow_from_a_file_cannot_be_called_in_python() -> None:
    drawn = Flow(flow(constant_flow).spec, {})

    with pytest.raises(TraceError, match="came from a file"):
        drawn()


def constant_flow() -> int:
    """One node."""
    return add(1)


def test_an_output_of_another_type_than_declared_is_a_problem() -> None:
    @flow
    def lying(n: int) -> str:
        return add(n)  # type: ignore[return-value]

    @flow
    def honest(n: int) -> Parts:
        first = divide(n)
        return Parts(first.whole, add(first.rest))

    (problem,) = lying.check()
    assert (problem.code, problem.node, problem.port) == ("type_mismatch", "add", "result")
    assert "Integer does not fit string" in problem.message
    assert honest.check() == []
