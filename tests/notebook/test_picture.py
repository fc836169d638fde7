import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.flow.model import INPUT, Edge, FlowInput, FlowSpec, Node, PortRef
from persistentai_lab.notebook.layout import arrange
from persistentai_lab.notebook.picture import MOST_NODES, Mark, draw

NAMES = [f"n{number}" for number in range(9)]


@st.composite
def graphs(draw_: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes and arrows that only lead from earlier to later ones."""
    nodes = NAMES[: draw_(st.integers(1, 9))]
    pairs = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :]]
    return nodes, draw_(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []


def spec_of(count: int, *, name: str = "report", value: str = "x") -> FlowSpec:
    nodes = tuple(
        Node(id=f"n{number}", block="text.join", values={"text": value}) for number in range(count)
    )
    edges = (
        Edge(source=PortRef(node=INPUT, port="path"), target=PortRef(node="n0", port="text")),
        *(
            Edge(
                source=PortRef(node=f"n{number}", port="result"),
                target=PortRef(node=f"n{number + 1}", port="text"),
            )
            for number in range(count - 1)
        ),
    )
    return FlowSpec(
        name=name,
        inputs={"path": FlowInput(type={"type": "string"})},
        outputs={"result": PortRef(node=f"n{count - 1}", port="result")},
        nodes=nodes,
        edges=edges,
    )


@given(graphs())
def test_every_arrow_leads_to_the_right(graph):
    nodes, arrows = graph

    placed = arrange(nodes, arrows)

    assert set(placed.spots) == set(nodes)
    assert all(placed.spots[a].column < placed.spots[b].column for a, b in arrows)


@given(graphs())
def test_no_two_nodes_and_no_passing_edge_share_a_place(graph):
    nodes, arrows = graph

    placed = arrange(nodes, arrows)

    for column in range(placed.columns):
        rows = sorted(spot.row for spot in placed.spots.values() if spot.column == column)
        assert all(low + 1 <= high + 1e-9 for low, high in pairwise(rows))
        for (_source, _target), bends in placed.bends.items():
            for bend in bends:
                if bend.column == column:
                    assert all(abs(bend.row - row) > 0.5 for row in rows)


@given(graphs())
def test_an_edge_has_a_bend_in_each_column_that_it_crosses(graph):
    nodes, arrows = graph

    placed = arrange(nodes, arrows)

    for source, target in arrows:
        first, last = placed.spots[source].column, placed.spots[target].column
        bends = placed.bends[source, target]
        assert [bend.column for bend in bends] == list(range(first + 1, last))


def test_a_cycle_is_drawn_too():
    assert set(arrange(["a", "b"], [("a", "b"), ("b", "a")]).spots) == {"a", "b"}


def test_nodes_edges_inputs_and_outputs_are_in_the_picture():
    svg = draw(spec_of(3))

    texts = [element.text for element in ElementTree.fromstring(svg).iter() if element.text]
    assert {"n0", "n1", "n2", "inputs", "path", "outputs", "result"} <= set(texts)
    assert "n0.result → n1.text" in texts


def test_what_people_wrote_cannot_become_markup():
    svg = draw(spec_of(2, name="<script>alert(1)</script>", value="</svg><script>"))

    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_every_colour_is_the_pages_own_with_a_fallback():
    svg = draw(spec_of(2), marks={"n0": Mark("running", "2 s"), "n1": Mark("failed")})

    colours = re.findall(r"(?:fill|stroke):([^;\"]+)", svg)
    assert colours
    assert all(re.fullmatch(r"var\(--(jp|md)-[\w-]+, #[0-9a-f]{6}\)|none", c) for c in colours)


def test_state_is_shape_colour_and_word():
    svg = draw(spec_of(1), marks={"n0": Mark("failed")})

    assert "✗" in svg
    assert "failed" in svg
    assert "--jp-error-color1" in svg


def test_a_flow_too_large_to_read_is_told_in_words():
    svg = draw(spec_of(MOST_NODES + 1))

    assert f"{MOST_NODES + 1} nodes" in svg
    assert len(svg) < 2000
