"""A flow compiled to its plan: small flows by hand, random ones by property."""

import json
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.model import Edge, FlowInput, FlowSpec, Node, PortRef
from persistentai_lab.plan import Leaf, Parallel, Part, Plan, Series, Woven, compile_plan, walk
from persistentai_lab.plan.model import LONGEST_ADDRESS

Pair = tuple[str, str]

NAMES = ["c", "a", "b", "e", "d", "f/x", "f/a", "g", "h", "i"]
SHAPES = [
    (2, []),
    (2, [(0, 1)]),
    (4, [(0, 2), (0, 3), (1, 3)]),
    (5, [(0, 3), (1, 3), (1, 4), (2, 4)]),
    (5, [(0, 1), (1, 2), (0, 2), (3, 2), (3, 4), (0, 4)]),
]
"""Nodes and their order: side by side, in a row, an N, a zigzag, one with a chain of three."""


def flow(nodes: list[str], arrows: list[Pair]) -> FlowSpec:
    return FlowSpec(
        name="test",
        inputs={"path": FlowInput(type={"type": "string"})},
        nodes=tuple(Node(id=node, block="test.block") for node in nodes),
        edges=tuple(
            Edge(source=PortRef(node=a, port="out"), target=PortRef(node=b, port=f"from_{n}"))
            for n, (a, b) in enumerate(arrows)
        ),
    )


def arrows(text: str) -> FlowSpec:
    """Write a flow as arrows: `arrows("a>b a>c")`."""
    pairs = [tuple(arrow.split(">")) for arrow in text.split()]
    return flow(sorted({node for pair in pairs for node in pair}), [(a, b) for a, b in pairs])


@st.composite
def any_flows(draw: st.DrawFn, max_nodes: int = 7) -> FlowSpec:
    """Any acyclic flow; ids are not in the order of the edges."""
    nodes = draw(st.permutations(NAMES[:max_nodes]))[: draw(st.integers(1, max_nodes))]
    pairs = list(combinations(nodes, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []
    return flow(sorted(nodes), chosen)


@st.composite
def nested_flows(draw: st.DrawFn, max_nodes: int = 7) -> FlowSpec:
    """Shapes put in place of nodes of other shapes, so that woven parts have parts inside."""
    names = draw(st.permutations(NAMES[:max_nodes]))
    order: dict[int, set[int]] = {0: set()}
    while True:
        size, pairs = draw(st.sampled_from(SHAPES))
        if len(order) + size - 1 > max_nodes:
            break
        place = draw(st.sampled_from(sorted(order)))
        new = [place, *range(len(order), len(order) + size - 1)]
        after = order[place]
        for targets in order.values():
            if place in targets:
                targets.update(new)
        order |= {node: set(after) for node in new}
        for first, then in pairs:
            order[new[first]].add(new[then])
    edges = [(names[node], names[target]) for node in order for target in sorted(order[node])]
    return flow(sorted(names[: len(order)]), edges)


def flows(max_nodes: int = 7) -> st.SearchStrategy[FlowSpec]:
    return any_flows(max_nodes) | nested_flows(max_nodes)


def closure(nodes: tuple[str, ...], pairs: set[Pair]) -> set[Pair]:
    """By the book: whoever comes before somebody who comes before."""
    closed = set(pairs)
    for middle in nodes:
        before = [a for a, b in closed if b == middle]
        after = [b for a, b in closed if a == middle]
        closed |= {(a, b) for a in before for b in after}
    return closed


def drawn_order(spec: FlowSpec) -> set[Pair]:
    nodes = tuple(node.id for node in spec.nodes)
    return closure(nodes, {(edge.source.node, edge.target.node) for edge in spec.edges})


def members(part: Part) -> set[str]:
    return {inner.node for _, inner in walk(part) if isinstance(inner, Leaf)}


def implied_order(part: Part) -> set[Pair]:
    """The order that a tree stands for, from nothing but the tree."""
    if isinstance(part, Leaf):
        return set()
    positions = [(str(first), str(then)) for first, then in getattr(part, "edges", ())]
    if isinstance(part, Series):
        positions = [(str(a), str(b)) for a, b in combinations(range(len(part.parts)), 2)]
    between = closure(tuple(map(str, range(len(part.parts)))), set(positions))
    order = {pair for child in part.parts for pair in implied_order(child)}
    for first, then in between:
        firsts, thens = members(part.parts[int(first)]), members(part.parts[int(then)])
        order |= {(a, b) for a in firsts for b in thens}
    return order


def longest_chain(plan: Plan) -> int:
    length: dict[str, int] = {}
    for node in plan.order:
        length[node] = 1 + max((length[source] for source in plan.before[node]), default=0)
    return max(length.values())


# --- by hand --------------------------------------------------------------------------------------


def test_a_diamond_is_a_series_with_a_parallel_part() -> None:
    plan = compile_plan(arrows("a>b a>c b>d c>d"))

    assert plan.root == Series((Leaf("a"), Parallel((Leaf("b"), Leaf("c"))), Leaf("d")))
    assert plan.paths == {"a": "s0/a", "b": "s1/p0/b", "c": "s1/p1/c", "d": "s2/d"}
    assert plan.is_series_parallel


def test_an_n_is_woven_and_keeps_its_edges() -> None:
    plan = compile_plan(arrows("a>c a>d b>d"))

    leaves = (Leaf("a"), Leaf("b"), Leaf("c"), Leaf("d"))
    assert plan.root == Woven(leaves, edges=((0, 2), (0, 3), (1, 3)))
    assert plan.before == {"a": (), "b": (), "c": ("a",), "d": ("a", "b")}
    assert not plan.is_series_parallel


def test_a_woven_part_is_decomposed_inside() -> None:
    plan = compile_plan(arrows("a>x a>y x>c y>c x>d y>d b>d"))

    fork = Series((Leaf("a"), Parallel((Leaf("x"), Leaf("y")))))
    assert plan.root == Woven((fork, Leaf("b"), Leaf("c"), Leaf("d")), ((0, 2), (0, 3), (1, 3)))
    assert plan.paths["y"] == "w0/s1/p1/y"


def test_parts_without_an_order_go_by_their_smallest_id() -> None:
    plan = compile_plan(arrows("z>a m>n"))

    assert plan.root == Parallel((Series((Leaf("z"), Leaf("a"))), Series((Leaf("m"), Leaf("n")))))


def test_an_edge_that_follows_from_others_changes_no_path() -> None:
    short, long = arrows("a>b b>c"), arrows("a>b b>c a>c")

    assert compile_plan(short).paths == compile_plan(long).paths
    assert compile_plan(long).before["c"] == ("a", "b")


def test_a_branch_added_at_the_end_renames_no_other_step() -> None:
    narrow, wide = arrows("a>b a>c b>d c>d"), arrows("a>b a>c a>z b>d c>d z>d")

    assert compile_plan(narrow).paths.items() < compile_plan(wide).paths.items()


def test_flow_inputs_are_waited_for_by_nobody() -> None:
    edge = Edge(source=PortRef(node="$input", port="path"), target=PortRef(node="a", port="path"))
    spec = arrows("a>b").model_copy(update={"edges": (*arrows("a>b").edges, edge)})

    assert compile_plan(spec).before == {"a": (), "b": ("a",)}


def test_an_empty_flow_has_an_empty_plan() -> None:
    plan = compile_plan(flow([], []))

    assert (plan.order, plan.paths, plan.is_series_parallel) == ((), {}, True)


def test_a_cycle_is_refused_and_named() -> None:
    with pytest.raises(FlowInvalid) as caught:
        compile_plan(arrows("a>b b>c c>d d>b c>e"))

    (problem,) = caught.value.problems
    assert problem.code == "cycle"
    assert "b → c → d → b" in problem.message


def test_a_node_that_waits_for_itself_is_a_cycle() -> None:
    with pytest.raises(FlowInvalid, match="a → a"):
        compile_plan(arrows("a>a"))


def test_unknown_ends_and_double_ids_are_found_at_once() -> None:
    spec = flow(["a", "b", "a"], [("a", "b"), ("a", "nowhere"), ("neverwas", "b")])

    with pytest.raises(FlowInvalid) as caught:
        compile_plan(spec)

    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["duplicate_node", "unknown_node", "unknown_node"]


def test_strict_mode_names_the_join_that_makes_an_n_series_parallel() -> None:
    plan = compile_plan(arrows("a>c a>d b>d"), strict=True)

    assert [str(join) for join in plan.joins] == ["c waits for b"]
    assert plan.before["c"] == ("a", "b")
    assert plan.is_series_parallel


def test_a_plan_a_thousand_parts_deep_is_compiled_and_read_back() -> None:
    """A long chain with a side branch at each node: every step is one part deeper."""
    chain = [f"step_{n}" for n in range(600)]
    side = [(node, f"log_{node}") for node in chain]
    spec = flow(chain + [log for _, log in side], [*pairwise(chain), *side])

    plan = compile_plan(spec)

    assert max(address.count("/") for address, _ in walk(plan.root)) > 1000
    assert plan.is_series_parallel
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))).hash == plan.hash
    assert len(set(plan.paths.values())) == 1200
    assert max(map(len, plan.paths.values())) < LONGEST_ADDRESS + 20


# --- by property ----------------------------------------------------------------------------------


@given(flows(), st.booleans())
def test_every_node_stands_in_the_order_once_and_after_its_inputs(
    spec: FlowSpec, strict: bool
) -> None:
    plan = compile_plan(spec, strict=strict)

    place = {node: index for index, node in enumerate(plan.order)}
    assert sorted(plan.order) == sorted(plan.paths) == [node.id for node in spec.nodes]
    assert all(place[a] < place[b] for b in plan.before for a in plan.before[b])
    assert len(set(plan.paths.values())) == len(spec.nodes)


@given(flows(), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_in_the_file_changes_nothing(
    spec: FlowSpec, strict: bool, random: "st.random.Random"
) -> None:
    nodes, edges = list(spec.nodes), list(spec.edges)
    random.shuffle(nodes)
    random.shuffle(edges)
    shuffled = spec.model_copy(update={"nodes": tuple(nodes), "edges": tuple(edges)})

    one, other = compile_plan(spec, strict=strict), compile_plan(shuffled, strict=strict)

    assert one.hash == other.hash
    assert one.paths == other.paths
    assert one.root == other.root
    assert one.joins == other.joins


@given(flows())
def test_the_tree_stands_for_exactly_the_drawn_order(spec: FlowSpec) -> None:
    assert implied_order(compile_plan(spec).root) == drawn_order(spec)


@given(flows())
def test_no_edge_of_a_woven_part_follows_from_others(spec: FlowSpec) -> None:
    for _, part in walk(compile_plan(spec).root):
        if isinstance(part, Woven):
            edges = {(str(first), str(then)) for first, then in part.edges}
            names = tuple(map(str, range(len(part.parts))))
            assert all(edge not in closure(names, edges - {edge}) for edge in edges)


@given(flows())
def test_compiling_adds_no_waiting(spec: FlowSpec) -> None:
    plan = compile_plan(spec)

    assert {(a, b) for b in plan.before for a in plan.before[b]} == {
        (edge.source.node, edge.target.node) for edge in spec.edges
    }


@given(flows())
def test_the_parts_are_exactly_the_strong_modules(spec: FlowSpec) -> None:
    """By definition: nobody outside tells the nodes apart, and no other module overlaps."""
    order = drawn_order(spec)
    related = order | {(b, a) for a, b in order}
    nodes = [node.id for node in spec.nodes]
    subsets = [
        frozenset(chosen)
        for size in range(1, len(nodes) + 1)
        for chosen in combinations(nodes, size)
    ]
    modules = [
        module
        for module in subsets
        if all(
            len({(outside, inside) in related for inside in module}) == 1
            for outside in set(nodes) - module
        )
    ]
    strong = {
        module
        for module in modules
        if all(not module & other or module <= other or other <= module for other in modules)
    }

    assert {frozenset(members(part)) for _, part in walk(compile_plan(spec).root)} == strong


@given(flows())
def test_a_flow_is_series_parallel_if_and_only_if_no_n_is_in_it(spec: FlowSpec) -> None:
    order = drawn_order(spec)
    has_n = any(
        {(a, c), (a, d), (b, d)} <= order
        and not order & {(b, c), (c, b), (a, b), (b, a), (c, d), (d, c)}
        for a, c in order
        for b, d in order
        if len({a, b, c, d}) == 4
    )

    assert compile_plan(spec).is_series_parallel == (not has_n)


@given(flows(max_nodes=10))
def test_strict_mode_lists_exactly_what_it_adds(spec: FlowSpec) -> None:
    plan = compile_plan(spec, strict=True)

    drawn = drawn_order(spec)
    added = {(a, b) for join in plan.joins for a in join.first for b in join.then}
    assert plan.is_series_parallel
    assert not added & drawn
    assert implied_order(plan.root) == closure(plan.order, drawn | added)
    for pair in added:
        assert pair not in closure(plan.order, drawn | added - {pair})


@given(flows(max_nodes=10))
def test_strict_mode_makes_no_chain_longer(spec: FlowSpec) -> None:
    assert longest_chain(compile_plan(spec, strict=True)) == longest_chain(compile_plan(spec))


@given(flows())
def test_strict_mode_leaves_a_series_parallel_flow_alone(spec: FlowSpec) -> None:
    plan = compile_plan(spec)
    if plan.is_series_parallel:
        assert compile_plan(spec, strict=True) == plan


@given(flows(), st.booleans())
def test_a_plan_survives_json(spec: FlowSpec, strict: bool) -> None:
    plan = compile_plan(spec, strict=strict)

    back = Plan.from_json(json.loads(json.dumps(plan.to_json())))

    assert back == plan
    assert (back.root, back.before, back.paths, back.order, back.joins) == (
        plan.root,
        plan.before,
        plan.paths,
        plan.order,
        plan.joins,
    )
