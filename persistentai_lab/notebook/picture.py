"""The drawing of a flow as SVG, in the colours of the page it stands on.

Styles are written on each element, because places that show saved notebooks drop style sheets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from zlib import crc32

from ..client.words import shape, shorten
from ..flow.model import INPUT, Edge, FlowSpec, Node
from ..flow.signature import Effect, Signature
from .layout import Arrangement, Spot, arrange

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 164, 44, 56, 16, 12
MOST_NODES = 400
"""Beyond this nobody can read the drawing, and it makes the notebook heavy."""

OUTPUT = "$output"

_INK = "var(--jp-ui-font-color1, #1f2328)"
_FAINT = "var(--jp-ui-font-color2, #656d76)"
_PAPER = "var(--jp-layout-color1, #ffffff)"
_SHADE = "var(--jp-layout-color2, #f3f4f6)"
_LINE = "var(--jp-border-color1, #c4c8cd)"
_FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"
_STATES = {
    "running": "var(--jp-brand-color1, #1976d2)",
    "waiting": "var(--jp-warn-color1, #b26a00)",
    "completed": "var(--jp-success-color1, #2e7d32)",
    "failed": "var(--jp-error-color1, #c62828)",
    "timed_out": "var(--jp-error-color1, #c62828)",
}
_FAMILIES = ("blue", "teal", "purple", "orange", "cyan", "pink", "brown", "indigo")
_FALLBACK = ("#1976d2", "#00796b", "#7b1fa2", "#ef6c00", "#0097a7", "#c2185b", "#5d4037", "#303f9f")
_BADGES = {Effect.READ: "◉", Effect.STORE: "⛁", Effect.WRITE: "⚡", Effect.HUMAN: "☻"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a run adds to a node."""

    status: str
    note: str = ""


def as_html(svg: str) -> str:
    """The drawing for a cell: as wide as it is, scrolled where the cell is narrower."""
    return f'<div style="overflow-x:auto;max-width:100%">{svg}</div>'


def draw(
    spec: FlowSpec,
    signatures: Mapping[str, Signature] | None = None,
    marks: Mapping[str, Mark] | None = None,
) -> str:
    """Draw a flow.

    Args:
        spec: The flow.
        signatures: Of its blocks; without them titles and effects are left out.
        marks: States of its nodes in a run.
    """
    if len(spec.nodes) > MOST_NODES:
        return _too_large(spec)
    placed, known, states = _place(spec), signatures or {}, marks or {}
    spots = placed.spots
    width = round(2 * MARGIN + placed.columns * (WIDTH + GAP_X) - GAP_X)
    height = round(2 * MARGIN + placed.rows * (HEIGHT + GAP_Y) - GAP_Y)
    parts = [
        *(
            _arrow(spots[a], placed.bends.get((a, b), ()), spots[b], label)
            for a, b, label in _arrows(spec)
        ),
        *_ends(spec, spots),
        *(
            _node(node, spots[node.id], known.get(node.block), states.get(node.id))
            for node in spec.nodes
        ),
    ]
    label = escape(f"Flow {spec.name}: {len(spec.nodes)} nodes")
    return _svg(width, height, label, "".join(parts))


def _svg(width: int, height: int, label: str, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{label}" '
        f'style="font-family:{_FONT};font-size:13px;display:block">{inside}</svg>'
    )


def _place(spec: FlowSpec) -> Arrangement:
    names = [INPUT] if spec.inputs else []
    names += [node.id for node in spec.nodes]
    names += [OUTPUT] if spec.outputs else []
    known = set(names)
    return arrange(names, [(a, b) for a, b, _ in _arrows(spec) if a in known and b in known])


def _arrows(spec: FlowSpec) -> Iterator[tuple[str, str, str]]:
    """Pairs of nodes, each once, with what flows between them."""
    known = {INPUT, *(node.id for node in spec.nodes)}
    carried: dict[tuple[str, str], list[str]] = {}
    for edge in spec.edges:
        if edge.source.node in known and edge.target.node in known:
            carried.setdefault((edge.source.node, edge.target.node), []).append(_carries(edge))
    for name, ref in spec.outputs.items():
        if ref.node in known:
            carried.setdefault((ref.node, OUTPUT), []).append(f"{ref} → {name}")
    for (source, target), labels in carried.items():
        yield source, target, ", ".join(labels)


def _carries(edge: Edge) -> str:
    return f"{edge.source} → {edge.target}"


def _at(spot: Spot) -> tuple[float, float]:
    return MARGIN + spot.column * (WIDTH + GAP_X), MARGIN + spot.row * (HEIGHT + GAP_Y)


def _arrow(source: Spot, bends: Sequence[Spot], target: Spot, label: str) -> str:
    x, y = _at(source)
    x, y = x + WIDTH, y + HEIGHT / 2
    way = f"M{x:g} {y:g}"
    for spot in (*bends, target):
        x2, y2 = _at(spot)
        y2 += HEIGHT / 2
        half = (x2 - x) / 2
        way += f"C{x + half:g} {y:g} {x2 - half:g} {y2:g} {x2:g} {y2:g}"
        x, y = x2, y2
        if spot is not target:
            x += WIDTH
            way += f"H{x:g}"
    tip = f"M{x - 6:g} {y - 4:g}L{x:g} {y:g}L{x - 6:g} {y + 4:g}Z"
    return (
        f"<g><title>{escape(label)}</title>"
        f'<path d="{way}" style="fill:none;stroke:{_LINE};stroke-width:1.5"/>'
        f'<path d="{tip}" style="fill:{_LINE}"/></g>'
    )


def _ends(spec: FlowSpec, spots: Mapping[str, Spot]) -> Iterator[str]:
    for place, names, word in (
        (INPUT, list(spec.inputs), "inputs"),
        (OUTPUT, list(spec.outputs), "outputs"),
    ):
        if not names:
            continue
        x, y = _at(spots[place])
        listed = ", ".join(names)
        yield (
            f"<g><title>{escape(f'{word}: {listed}')}</title>"
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="22" '
            f'style="fill:{_SHADE};stroke:{_LINE}"/>'
            f"{_text(x + WIDTH / 2, y + 18, word, _FAINT, size=11, anchor='middle')}"
            f"{_text(x + WIDTH / 2, y + 34, shorten(listed, 22), _INK, anchor='middle')}"
            "</g>"
        )


def _node(node: Node, spot: Spot, signature: Signature | None, mark: Mark | None) -> str:
    x, y = _at(spot)
    colour = _STATES.get(mark.status, _LINE) if mark else _LINE
    under = mark.note if mark and mark.note else _called(node.block)
    state = shape(mark.status) if mark else ""
    badge = _BADGES.get(signature.effect, "") if signature else ""
    strong = 2 if mark and mark.status in _STATES else 1
    return (
        f"<g><title>{escape(_told(node, signature, mark))}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4" '
        f'style="fill:{_PAPER};stroke:{colour};stroke-width:{strong}"/>'
        f'<rect x="{x:g}" y="{y:g}" width="4" height="{HEIGHT}" rx="2" '
        f'style="fill:{_family(node.block)}"/>'
        f"{_text(x + 13, y + 18, shorten(node.id, 16), _INK, weight=600)}"
        f"{_text(x + 13, y + 35, shorten(under, 24), _FAINT, size=11)}"
        f"{_text(x + WIDTH - 9, y + 18, state or badge, colour if mark else _FAINT, anchor='end')}"
        "</g>"
    )


def _called(block: str) -> str:
    """The name of a block, without the folders that its module stands in."""
    module, colon, function = block.partition(":")
    return f"{module.rpartition('.')[2]}:{function}" if colon else block


def _told(node: Node, signature: Signature | None, mark: Mark | None) -> str:
    lines = [f"{node.id}: {node.block}"]
    if signature is not None:
        lines.append(f"{signature.effect.value} · {signature.help.partition(chr(10))[0]}")
    lines += [f"{name} = {shorten(repr(value), 60)}" for name, value in node.values.items()]
    if mark is not None:
        lines.append(f"{mark.status} {mark.note}".rstrip())
    return "\n".join(lines)


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    if not text:
        return ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" '
        f'style="fill:{colour};font-size:{size}px;font-weight:{weight}">{escape(text)}</text>'
    )


def _family(block: str) -> str:
    number = crc32(block.partition(".")[0].encode()) % len(_FAMILIES)
    return f"var(--md-{_FAMILIES[number]}-500, {_FALLBACK[number]})"


def _too_large(spec: FlowSpec) -> str:
    told = f"{len(spec.nodes)} nodes, {len(spec.edges)} edges: too many for a picture in a cell."
    name = _text(MARGIN, 24, spec.name, _INK, weight=600)
    return _svg(560, 56, escape(told), name + _text(MARGIN, 42, told, _FAINT))
