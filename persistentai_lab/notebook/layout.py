"""Where the nodes of a drawing stand: columns by distance from the start, few crossings.

An edge that skips columns gets a bend in each of them, so that it passes between the nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Arrow = tuple[str, str]
_SWEEPS = 8
_BEND_HEIGHT = 0.35
"""Room that a passing edge takes, in rows."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Column and row of a node; rows may be fractions, so that a lone node stands in the middle."""

    column: int
    row: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything stands."""

    spots: Mapping[str, Spot]
    bends: Mapping[Arrow, tuple[Spot, ...]]
    """Where edges that skip columns pass."""
    columns: int
    rows: float


def arrange(nodes: Sequence[str], arrows: Iterable[Arrow]) -> Arrangement:
    """Place the nodes of an acyclic graph (a cycle does no harm: it is cut somewhere).

    Source:
        Sugiyama, Tagawa, Toda (1981): layers by longest path, order within them by barycentre.
    """
    edges = sorted({arrow for arrow in arrows if arrow[0] != arrow[1]})
    columns = _columns(nodes, edges)
    layers: dict[int, list[str]] = defaultdict(list)
    for node in nodes:
        layers[columns[node]].append(node)
    chains = _bend(layers, columns, edges)
    _uncross(layers, [pair for chain in chains.values() for pair in pairwise(chain)])
    spots, rows = _stack(layers, set(nodes))
    bends = {edge: tuple(spots[name] for name in chain[1:-1]) for edge, chain in chains.items()}
    return Arrangement({node: spots[node] for node in nodes}, bends, len(layers), rows)


def _columns(nodes: Sequence[str], edges: Sequence[Arrow]) -> dict[str, int]:
    """Length of the longest way to each node. In rounds, so that depth costs no stack."""
    waits = dict.fromkeys(nodes, 0)
    follows: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        waits[target] += 1
        follows[source].append(target)
    columns = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waits[node]]
    while ready:
        node = ready.pop()
        for target in follows[node]:
            columns[target] = max(columns[target], columns[node] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
    return columns


def _bend(
    layers: Mapping[int, list[str]], columns: Mapping[str, int], edges: Sequence[Arrow]
) -> dict[Arrow, list[str]]:
    """Give each long edge a bend in every column it crosses; edges of one source share them."""
    chains: dict[Arrow, list[str]] = {}
    known: set[str] = set()
    for source, target in edges:
        chain = [source]
        for column in range(columns[source] + 1, columns[target]):
            bend = f"{source}\0{column}"
            if bend not in known:
                known.add(bend)
                layers[column].append(bend)
            chain.append(bend)
        chains[source, target] = [*chain, target]
    return chains


def _uncross(layers: Mapping[int, list[str]], steps: Iterable[Arrow]) -> None:
    """Move each node to the middle of its neighbours, from the left and from the right in turn."""
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for source, target in steps:
        before[target].add(source)
        after[source].add(target)
    rank: dict[str, float] = {}
    for layer in layers.values():
        rank.update(_ranks(layer))
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for column in sorted(layers, reverse=not forward):
            layers[column].sort(key=lambda node: (_middle(node, near, rank), node))
            rank.update(_ranks(layers[column]))


def _ranks(layer: Sequence[str]) -> dict[str, float]:
    return {node: (row + 0.5) / len(layer) for row, node in enumerate(layer)}


def _middle(node: str, near: Mapping[str, set[str]], rank: Mapping[str, float]) -> float:
    neighbours = near.get(node)
    if not neighbours:
        return rank[node]
    return sum(rank[other] for other in neighbours) / len(neighbours)


def _stack(layers: Mapping[int, list[str]], nodes: set[str]) -> tuple[dict[str, Spot], float]:
    """Rows from top to bottom, each column in the middle of the drawing."""
    heights = {
        column: sum(1.0 if name in nodes else _BEND_HEIGHT for name in layer)
        for column, layer in layers.items()
    }
    tallest = max(heights.values(), default=0.0)
    spots: dict[str, Spot] = {}
    for column, layer in layers.items():
        row = (tallest - heights[column]) / 2
        for name in layer:
            height = 1.0 if name in nodes else _BEND_HEIGHT
            spots[name] = Spot(column, row + (height - 1) / 2)
            row += height
    return spots, tallest
