"""The partial order of a flow's nodes, as bitsets in Python's own integers.

Bit `i` stands for the node whose id is the `i`-th in sorted order, so nothing that is built from
these sets can depend on the order of nodes and edges in a file, and the lowest bit of a set is its
smallest id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..errors import FlowInvalid, Problem
from ..ids import NodeId


@dataclass(frozen=True, slots=True)
class Order:
    """Who comes before whom, drawn or implied."""

    ids: tuple[NodeId, ...]
    sequence: tuple[int, ...]
    """All nodes, each after those before it."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    next: tuple[int, ...]
    """What comes directly after: the drawn edges less those that follow from others."""
    related: tuple[int, ...]
    """`before | after`, the comparability graph."""

    @classmethod
    def of(cls, ids: Iterable[NodeId], edges: Iterable[tuple[NodeId, NodeId]]) -> "Order":
        """Close the drawn edges transitively.

        Raises:
            FlowInvalid: The edges form a cycle; the problem names the nodes on it.
        """
        names = tuple(sorted(ids))
        rank = {name: index for index, name in enumerate(names)}
        drawn = [0] * len(names)
        for first, then in edges:
            drawn[rank[first]] |= 1 << rank[then]
        sequence = _sequence(names, drawn)
        before, after, following = ([0] * len(names) for _ in range(3))
        for node in reversed(sequence):
            implied = 0
            for target in bits(drawn[node]):
                implied |= after[target]
            after[node] = implied | drawn[node]
            following[node] = drawn[node] & ~implied
        for node in sequence:
            behind = before[node] | 1 << node
            for target in bits(following[node]):
                before[target] |= behind
        related = tuple(b | a for b, a in zip(before, after, strict=True))
        return cls(names, tuple(sequence), tuple(before), tuple(after), tuple(following), related)

    def names(self, members: int) -> tuple[NodeId, ...]:
        """The ids of a set, sorted."""
        return tuple(self.ids[index] for index in bits(members))


def bits(members: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while members:
        bit = members & -members
        yield bit.bit_length() - 1
        members ^= bit


def components(members: int, neighbours: Callable[[int], int]) -> list[int]:
    """Connected components, the one with the smallest id first.

    It stops looking as soon as nothing is left to be found, which is after a few nodes in orders
    where some node is related to most others; so a deep tree costs little a level.
    """
    found = []
    while members:
        frontier = members & -members
        members ^= frontier
        part = frontier
        while frontier and members:
            bit = frontier & -frontier
            reached = neighbours(bit.bit_length() - 1) & members
            members ^= reached
            part |= reached
            frontier = frontier ^ bit | reached
        found.append(part)
    return found


def _sequence(names: tuple[NodeId, ...], drawn: list[int]) -> list[int]:
    waiting = [0] * len(names)
    for targets in drawn:
        for target in bits(targets):
            waiting[target] += 1
    sequence = [node for node, count in enumerate(waiting) if count == 0]
    for node in sequence:
        for target in bits(drawn[node]):
            waiting[target] -= 1
            if waiting[target] == 0:
                sequence.append(target)
    if len(sequence) < len(names):
        stuck = {node: drawn[node] for node, count in enumerate(waiting) if count}
        raise _cycle([names[node] for node in _one_cycle(stuck)])
    return sequence


def _one_cycle(stuck: Mapping[int, int]) -> list[int]:
    """Each of these waits for another of them, so a walk backwards comes round."""
    sources: dict[int, int] = {}
    for node in sorted(stuck, reverse=True):
        for target in bits(stuck[node]):
            sources[target] = node
    node, trail = min(stuck), list[int]()
    while node not in trail:
        trail.append(node)
        node = sources[node]
    cycle = trail[trail.index(node) :][::-1]
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


def _cycle(nodes: list[NodeId]) -> FlowInvalid:
    round_trip = " → ".join([*nodes, nodes[0]])
    return FlowInvalid(
        [
            Problem(
                code="cycle",
                message=f"These nodes wait for each other: {round_trip}.",
                remedy="Remove one of the edges between them.",
                node=nodes[0],
            )
        ]
    )
