"""The drawing of a flow as SVG: a picture that stands for itself, wherever a notebook is shown.

Lab drops `<svg>` from the HTML of a notebook that it doesn't trust, and with it any colours of the
page. So a cell gets an image. It brings its colours, light and dark, and its own ground to stand
on; styles are written on each element too, because some places drop style sheets.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from zlib import crc32

from ..client.words import shorten
from ..flow.model import INPUT, Edge, FlowSpec, Node, PortRef
from ..flow.signature import Signature
from . import marks as shapes
from .layout import Arrangement, Spot, arrange

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 172, 44, 32, 16, 12
DOWN = 28
"""Between two levels of a drawing that reads downwards."""
MOST_NODES = 400
"""Beyond this nobody can read the drawing, and it makes the notebook heavy."""
WIDE = 1040
"""A drawing that would be wider reads downwards, if that makes it narrower: a cell has no more."""
SMALLEST = 0.7
"""A drawing shrinks with its cell to this; from there on it is scrolled."""

OUTPUT = "$output"

_LIGHT = {
    "ink": "#1f2328",
    "faint": "#5f6770",
    "ground": "#ffffff",
    "paper": "#ffffff",
    "shade": "#f1f3f5",
    "line": "#b4bac1",
    "running": "#1976d2",
    "waiting": "#b05a00",
    "completed": "#2e7d32",
    "failed": "#c62828",
}
_DARK = {
    "ink": "#e6e8ea",
    "faint": "#a2a9b0",
    "ground": "#111111",
    "paper": "#1d1f21",
    "shade": "#26292c",
    "line": "#5c646c",
    "running": "#64b5f6",
    "waiting": "#ffb74d",
    "completed": "#81c784",
    "failed": "#ef7b78",
}
_THEMES = (
    "<style>@media (prefers-color-scheme:dark){svg{"
    + "".join(f"--pai-{name}:{colour};" for name, colour in _DARK.items())
    + "}}</style>"
)
_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"
_STRONG = {"timed_out": "failed", "paused": "waiting"} | {
    name: name for name in _LIGHT if name in shapes.STATES
}
_FAMILIES = ("#1e88e5", "#00897b", "#8e4ec6", "#ef6c00", "#0097a7", "#d6437c", "#8d6e63", "#5c6bc0")


def _colour(name: str) -> str:
    return f"var(--pai-{name}, {_LIGHT[name]})"


_INK, _FAINT, _LINE = _colour("ink"), _colour("faint"), _colour("line")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a run adds to a node."""

    status: str
    note: str = ""


def as_html(svg: str, told: str) -> str:
    """The drawing as an image for a cell.

    Args:
        svg: The drawing.
        told: The same in words, for whoever cannot see it.
    """
    width, height = _size(svg)
    data = b64encode(svg.encode()).decode()
    return (
        '<div style="overflow-x:auto;max-width:100%">'
        f'<img class="pai-Picture" src="data:image/svg+xml;base64,{data}" alt="{escape(told)}" '
        f'width="{width}" height="{height}" '
        f'style="max-width:100%;min-width:{min(width, round(width * SMALLEST))}px;height:auto"/>'
        "</div>"
    )


def tell(spec: FlowSpec) -> str:
    """A flow in words: its name and its nodes, in the order of the file."""
    nodes = [node.id for node in spec.nodes[:12]]
    more = len(spec.nodes) - len(nodes)
    listed = ", ".join([*nodes, f"{more} more"] if more else nodes)
    count = f"{len(spec.nodes)} node{'' if len(spec.nodes) == 1 else 's'}"
    return f"Flow {spec.name}, {count}: {listed}"


def _size(svg: str) -> tuple[int, int]:
    _, _, rest = svg.partition('viewBox="0 0 ')
    width, height = rest.partition('"')[0].split()
    return int(width), int(height)


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
    sheet, known, states = _Sheet(_place(spec)), signatures or {}, marks or {}
    spots = sheet.placed.spots
    parts = [
        *(_arrow(sheet, source, target, label) for source, target, label in _arrows(spec)),
        *_ends(spec, sheet),
        *(
            _node(node, *sheet.at(spots[node.id]), known.get(node.block), states.get(node.id))
            for node in spec.nodes
        ),
    ]
    width, height = sheet.size
    return _svg(width, height, escape(tell(spec)), "".join(parts))


def _svg(width: int, height: int, label: str, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{label}" '
        f'style="font-family:{_FONT};font-size:13px;display:block">{_THEMES}'
        f'<rect width="{width}" height="{height}" rx="4" style="fill:{_colour("ground")}"/>'
        f"{inside}</svg>"
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
            carried.setdefault((ref.node, OUTPUT), []).append(f"{_end(ref)} → {name}")
    for (source, target), labels in carried.items():
        yield source, target, ", ".join(labels)


def _carries(edge: Edge) -> str:
    return f"{_end(edge.source)} → {_end(edge.target)}"


def _end(ref: PortRef) -> str:
    """A port, as people say it: the flow's own inputs have no node."""
    return ref.port if ref.node == INPUT else str(ref)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Places on the drawing: from left to right, or downwards where that would be too wide."""

    placed: Arrangement

    @property
    def is_down(self) -> bool:
        across = self.placed.columns * (WIDTH + GAP_X)
        return across > WIDE and self.placed.rows * (WIDTH + GAP_Y) < across

    @property
    def size(self) -> tuple[int, int]:
        columns, rows = float(self.placed.columns), self.placed.rows
        if self.is_down:
            wide, high = rows * (WIDTH + GAP_Y) - GAP_Y, columns * (HEIGHT + DOWN) - DOWN
        else:
            wide, high = columns * (WIDTH + GAP_X) - GAP_X, rows * (HEIGHT + GAP_Y) - GAP_Y
        return round(2 * MARGIN + wide), round(2 * MARGIN + high)

    def at(self, spot: Spot) -> tuple[float, float]:
        """The upper left corner of a node."""
        if self.is_down:
            return MARGIN + spot.row * (WIDTH + GAP_Y), MARGIN + spot.column * (HEIGHT + DOWN)
        return MARGIN + spot.column * (WIDTH + GAP_X), MARGIN + spot.row * (HEIGHT + GAP_Y)

    def way(self, spots: Sequence[Spot]) -> str:
        """A line through the middles of nodes, past the bends between the first and the last."""
        corners = [self.at(spot) for spot in spots]
        if self.is_down:
            return _along([(y, x + WIDTH / 2) for x, y in corners], HEIGHT, is_down=True)
        return _along([(x, y + HEIGHT / 2) for x, y in corners], WIDTH, is_down=False)


def _along(ends: Sequence[tuple[float, float]], length: float, *, is_down: bool) -> str:
    """Curves between places given as (along, across); each place is so long."""

    def point(along: float, across: float) -> str:
        return f"{across:g} {along:g}" if is_down else f"{along:g} {across:g}"

    (start, across), *rest = ends
    along = start + length
    way = f"M{point(along, across)}"
    for number, (start, beside) in enumerate(rest, 1):
        half = (along + start) / 2
        way += f"C{point(half, across)} {point(half, beside)} {point(start, beside)}"
        along, across = start, beside
        if number < len(rest):
            along += length
            way += f"L{point(along, across)}"
    return way


def _arrow(sheet: _Sheet, source: str, target: str, label: str) -> str:
    spots, bends = sheet.placed.spots, sheet.placed.bends.get((source, target), ())
    x, y = sheet.at(spots[target])
    if sheet.is_down:
        x += WIDTH / 2
        tip = f"M{x - 4:g} {y - 6:g}L{x:g} {y:g}L{x + 4:g} {y - 6:g}Z"
    else:
        y += HEIGHT / 2
        tip = f"M{x - 6:g} {y - 4:g}L{x:g} {y:g}L{x - 6:g} {y + 4:g}Z"
    return (
        f"<g><title>{escape(label)}</title>"
        f'<path d="{sheet.way([spots[source], *bends, spots[target]])}" '
        f'style="fill:none;stroke:{_LINE};stroke-width:1.5"/>'
        f'<path d="{tip}" style="fill:{_LINE}"/></g>'
    )


def _ends(spec: FlowSpec, sheet: _Sheet) -> Iterator[str]:
    for place, names, word in (
        (INPUT, list(spec.inputs), "inputs"),
        (OUTPUT, list(spec.outputs), "outputs"),
    ):
        if not names:
            continue
        x, y = sheet.at(sheet.placed.spots[place])
        listed = ", ".join(names)
        yield (
            f"<g><title>{escape(f'{word}: {listed}')}</title>"
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="22" '
            f'style="fill:{_colour("shade")};stroke:{_LINE}"/>'
            f"{_text(x + WIDTH / 2, y + 18, word, _FAINT, size=11, anchor='middle')}"
            f"{_text(x + WIDTH / 2, y + 34, shorten(listed, 20), _INK, anchor='middle')}"
            "</g>"
        )


def _node(node: Node, x: float, y: float, signature: Signature | None, mark: Mark | None) -> str:
    name = _STRONG.get(mark.status) if mark else None
    colour = _colour(name) if name else _LINE
    under = mark.note if mark and mark.note else _called(node.block)
    return (
        f"<g><title>{escape(_told(node, signature, mark))}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4" '
        f'style="fill:{_colour("paper")};stroke:{colour};stroke-width:{2 if name else 1}"/>'
        f'<rect x="{x:g}" y="{y:g}" width="4" height="{HEIGHT}" rx="2" '
        f'style="fill:{_family(node.block)}"/>'
        f"{_text(x + 13, y + 18, shorten(node.id, 16), _INK, weight=600)}"
        f"{_text(x + 13, y + 35, shorten(under, 24), _FAINT, size=11)}"
        f"{_sign(x + WIDTH - 22, y + 6, signature, mark, colour if name else _FAINT)}"
        "</g>"
    )


def _sign(x: float, y: float, signature: Signature | None, mark: Mark | None, colour: str) -> str:
    """The state of a node in a run; without a run, its effect."""
    if mark is not None:
        drawn = shapes.STATES.get(mark.status, shapes.STATES["queued"])
        under = shapes.UNDER.get(mark.status, "")
    elif signature is not None:
        drawn, under = shapes.EFFECTS.get(signature.effect, ""), ""
    else:
        return ""
    style = f"fill:none;stroke:{colour};stroke-linecap:round;stroke-linejoin:round"
    return "".join(
        f'<path transform="translate({x:g} {y:g})" d="{way}" '
        f'style="{style};stroke-width:{thick};opacity:{opacity}"/>'
        for way, thick, opacity in ((under, 1.75, 0.3), (drawn, 1.75 if mark else 1.25, 1))
        if way
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
    return _FAMILIES[number]


def _too_large(spec: FlowSpec) -> str:
    told = f"{len(spec.nodes)} nodes, {len(spec.edges)} edges: too many for a picture in a cell."
    name = _text(MARGIN, 24, spec.name, _INK, weight=600)
    return _svg(560, 56, escape(told), name + _text(MARGIN, 42, told, _FAINT))
