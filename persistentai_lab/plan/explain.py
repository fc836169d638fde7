"""A plan for people: as text, or as a Mermaid diagram."""

from collections.abc import Iterator, Mapping
from typing import Literal

from ..ids import NodeId
from .model import Plan
from .tree import Leaf, Part, Woven, left_to_right, walk

_SAYS = {
    "series": "one after the other",
    "parallel": "side by side",
    "woven": "each as soon as its inputs are there",
}


def explain(plan: Plan, format: Literal["text", "mermaid"] = "text") -> str:
    """Show the tree, what is woven and which joins were added."""
    lines = _text(plan) if format == "text" else _mermaid(plan)
    return "\n".join(lines)


def _text(plan: Plan) -> Iterator[str]:
    count = len(plan.order)
    shape = "series-parallel" if plan.is_series_parallel else "partly woven"
    yield f"{count} node{'s' if count != 1 else ''}, {shape}, plan {plan.hash[:12]}"
    stack: list[tuple[str, str, str, Part]] = [("", "", "", plan.root)]
    while stack:
        indent, branch, label, part = stack.pop()
        yield f"{indent}{branch}{label}{_title(part)}{_opened(plan, part)}"
        if isinstance(part, Leaf):
            continue
        inner = indent + {"├─ ": "│  ", "└─ ": "   "}.get(branch, "")
        positions = left_to_right(part) if isinstance(part, Woven) else list(range(len(part.parts)))
        waits = _waits(part) if isinstance(part, Woven) else {}
        rows = []
        for position in positions:
            last = position == positions[-1]
            label = f"{part.kind[0]}{position} {waits.get(position, '')}"
            rows.append((inner, "└─ " if last else "├─ ", label, part.parts[position]))
        stack.extend(reversed(rows))
    if plan.joins:
        yield f"added joins ({len(plan.joins)}):"
        for join in plan.joins:
            yield f"  {join}"
    for name, flow in sorted(plan.flows.items()):
        head, *rest = _text(flow)
        yield f"flow {name}: {head}"
        yield from (f"  {line}" for line in rest)


def _title(part: Part) -> str:
    return part.node if isinstance(part, Leaf) else f"{part.kind}: {_SAYS[part.kind]}"


def _opened(plan: Plan, part: Part) -> str:
    """The flows that a control node opens."""
    flows = plan.opens.get(part.node, {}) if isinstance(part, Leaf) else {}
    return "".join(f"{', ' if i else ' → '}{role}: flow {name}"
                   for i, (role, name) in enumerate(sorted(flows.items())))  # fmt: skip


def _waits(woven: Woven) -> dict[int, str]:
    sources: dict[int, list[str]] = {}
    for first, then in woven.edges:
        sources.setdefault(then, []).append(f"w{first}")
    return {then: f"after {', '.join(first)}: " for then, first in sources.items()}


def _mermaid(plan: Plan) -> Iterator[str]:
    yield "flowchart LR"
    yield from _drawn(plan, "n")


def _drawn(plan: Plan, prefix: str) -> Iterator[str]:
    """Nodes and arrows; flows that control nodes open stand in boxes of their own."""
    name = {node: f"{prefix}{index}" for index, node in enumerate(sorted(plan.drawn))}
    yield from _boxes(plan, name, prefix)
    for index, (flow, inner) in enumerate(sorted(plan.flows.items())):
        yield f'  subgraph {prefix}f{index}["flow {flow}"]'
        yield from (f"  {line}" for line in _drawn(inner, f"{prefix}f{index}_"))
        yield "  end"
    for node, sources in plan.drawn.items():
        for source in sources:
            yield f"  {name[source]} --> {name[node]}"
    for join in plan.joins:
        for node in join.then:
            for source in join.first:
                yield f"  {name[source]} -. join .-> {name[node]}"


def _boxes(plan: Plan, name: Mapping[NodeId, str], prefix: str) -> Iterator[str]:
    """The nodes, in a box for each part around them."""
    boxes: list[str] = []
    for address, part in walk(plan.root):
        while boxes and not address.startswith(boxes[-1]):
            yield "  " * len(boxes) + "end"
            boxes.pop()
        indent = "  " * (len(boxes) + 1)
        if isinstance(part, Leaf):
            yield f'{indent}{name[part.node]}["{part.node}"]'
        elif address:
            box = f"{prefix.removeprefix('n')}{address.replace('/', '_')}"
            yield f'{indent}subgraph {box}["{address} {part.kind}"]'
            boxes.append(f"{address}/")
    for depth in range(len(boxes), 0, -1):
        yield "  " * depth + "end"
