"""Where the nodes of a drawing stand: columns by distance from the start, few crossings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Arrow = tuple[str, str]
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """Column and row of a node; rows may be halves, so that a lone node stands in the middle."""

    column: int
    row: float


def arrange(nodes: Sequence[str], arrows: Iterable[Arrow]) -> dict[str, Spot]:
    """Place the nodes of an acyclic graph (a cycle does no harm: it is cut somewhere).

    Source:
        Sugiyama, Tagawa, Toda (1981): layers by longest path, order within them by barycentre.
    """
    edges = sorted({arrow for arrow in arrows if arrow[0] != arrow[1]})
    columns = _columns(nodes, edges)
    layers: dict[int, list[str]] = defaultdict(list)
    for node in nodes:
        layers[columns[node]].append(node)
    _uncross(layers, edges)
    tallest = max((len(layer) for layer in layers.values()), default=0)
    return {
        node: Spot(column, row + (tallest - len(layer)) / 2)
        for column, layer in layers.items()
        for row, node in enumerate(layer)
    }


def _columns(nodes: Sequence[str], edges: Sequence[Arrow]) -> dict[str, int]:
    """Length of the longest way to each node. In rounds, so that depth costs no stack."""
    waits = {node: 0 for node in nodes}
    follows: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        waits[target] += 1
        follows[source].append(target)
    columns = {node: 0 for node in nodes}
    ready = [node for node in nodes if not waits[node]]
    while ready:
        node = ready.pop()
        for target in follows[node]:
            columns[target] = max(columns[target], columns[node] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
    return columns


def _uncross(layers: Mapping[int, list[str]], edges: Sequence[Arrow]) -> None:
    """Move each node to the middle of its neighbours, from the left and from the right in turn."""
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        rank: dict[str, float] = {}
        for layer in layers.values():
            rank.update(_ranks(layer))
        for column in sorted(layers, reverse=not forward):
            layer = layers[column]
            layer.sort(key=lambda node: _middle(node, near, rank))
            rank.update(_ranks(layer))


def _ranks(layer: Sequence[str]) -> dict[str, float]:
    return {node: row / len(layer) for row, node in enumerate(layer)}


def _middle(node: str, near: Mapping[str, list[str]], rank: Mapping[str, float]) -> float:
    neighbours = near.get(node)
    if not neighbours:
        return rank[node]
    return sum(rank[other] for other in neighbours) / len(neighbours)
