import re
from base64 import b64decode
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.flow.model import INPUT, Edge, FlowInput, FlowSpec, Node, PortRef
from persistentai_lab.notebook.layout import arrange
from persistentai_lab.notebook.marks import STATES
from persistentai_lab.notebook.picture import (
    _DARK,
    _LIGHT,
    MOST_NODES,
    Mark,
    as_html,
    draw,
    tell,
)

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
    assert {"path → n0.text", "n0.result → n1.text"} <= set(texts)


@pytest.mark.parametrize("count", [1, 3, 4, 8, 30])
def test_a_chain_of_any_length_is_read_in_the_column_of_a_git_host(count):
    svg = ElementTree.fromstring(draw(spec_of(count)))

    shrunk = min(1, 850 / int(svg.attrib["width"]))
    assert 11 * shrunk > 9, "the smallest writing, in pixels"


def test_what_people_wrote_cannot_become_markup():
    svg = draw(spec_of(2, name="<script>alert(1)</script>", value="</svg><script>"))

    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_every_colour_has_a_fallback_where_style_sheets_are_dropped():
    svg = draw(spec_of(2), marks={"n0": Mark("running", "2 s"), "n1": Mark("failed")})

    colours = re.findall(r"[\" ;](?:fill|stroke):([^;\"]+)", svg)
    assert colours
    assert all(
        re.fullmatch(r"var\(--pai-\w+, #[0-9a-f]{6}\)|#[0-9a-f]{6}|none", c) for c in colours
    )


@pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
def test_what_is_written_stands_out_by_4_5_to_1(theme):
    for ink in ("ink", "faint"):
        assert min(contrast(theme[ink], theme[on]) for on in ("ground", "paper", "shade")) >= 4.5
    for state in ("running", "waiting", "completed", "failed"):
        assert contrast(theme[state], theme["paper"]) >= 4.5


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_cell_gets_an_image_that_stands_for_itself():
    told = tell(spec_of(2))
    html = as_html(draw(spec_of(2)), told)

    assert "<svg" not in html
    assert f'alt="{told}"' in html
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert data
    ElementTree.fromstring(b64decode(data[1]))


def test_no_word_of_ours_can_be_taken_for_a_formula():
    assert "$" not in draw(spec_of(3)) + tell(spec_of(3))


def test_state_is_shape_colour_and_word():
    drawn = {state: draw(spec_of(1), marks={"n0": Mark(state)}) for state in STATES}

    for state, svg in drawn.items():
        assert f"{state}</title>" in svg
        assert STATES[state] in svg
    assert "--pai-failed" in drawn["failed"].partition("</style>")[2]


def test_a_flow_too_large_to_read_is_told_in_words():
    svg = draw(spec_of(MOST_NODES + 1))

    assert f"{MOST_NODES + 1} nodes" in svg
    assert len(svg) < 2000
