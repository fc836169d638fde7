"""The partial order of a flow's nodes, as bitsets in Python's own integers.

Bit `i` stands for the `i`-th node of a topological order that takes the smallest id wherever there
is a choice, so nothing built from these sets can depend on the order of nodes and edges in a file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from ..errors import FlowInvalid, Problem
from ..ids import NodeId


@dataclass(frozen=True, slots=True)
class Order:
    """Who comes before whom, drawn or implied."""

    ids: tuple[NodeId, ...]
    """All nodes, each after those before it."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    next: tuple[int, ...]
    """What comes directly after: the drawn edges less those that follow from others."""
    related: tuple[int, ...]
    """`before | after`, the comparability graph."""

    @classmethod
    def of(cls, reads: Mapping[NodeId, Iterable[NodeId]]) -> "Order":
        """Close an order transitively, given what each node directly comes after.

        Raises:
            FlowInvalid: The nodes form a cycle; the problem names those on it.
        """
        ids = _sequence(reads)
        position = {node: index for index, node in enumerate(ids)}
        drawn = [0] * len(ids)
        for node, sources in reads.items():
            for source in sources:
                drawn[position[source]] |= 1 << position[node]
        before, after, following = ([0] * len(ids) for _ in range(3))
        for index in reversed(range(len(ids))):
            implied = 0
            for target in bits(drawn[index]):
                implied |= after[target]
            after[index] = implied | drawn[index]
            following[index] = drawn[index] & ~implied
        for index, targets in enumerate(following):
            behind = before[index] | 1 << index
            for target in bits(targets):
                before[target] |= behind
        related = tuple(b | a for b, a in zip(before, after, strict=True))
        return cls(tuple(ids), tuple(before), tuple(after), tuple(following), related)

    def names(self, members: int) -> tuple[NodeId, ...]:
        """The ids of a set, sorted."""
        return tuple(sorted(self.ids[index] for index in bits(members)))


def bits(members: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while members:
        bit = members & -members
        yield bit.bit_length() - 1
        members ^= bit


def components(members: int, neighbours: Callable[[int], int]) -> list[int]:
    """Connected components.

    The earliest and the latest node found so far are asked in turn: they know most of the others,
    and as soon as nothing is left to be found the search ends. So a deep tree costs little a level.
    """
    found = []
    while members:
        frontier = members & -members
        members ^= frontier
        part, ask_latest = frontier, False
        while frontier and members:
            node = (frontier if ask_latest else frontier & -frontier).bit_length() - 1
            ask_latest = not ask_latest
            reached = neighbours(node) & members
            members ^= reached
            part |= reached
            frontier = frontier ^ 1 << node | reached
        found.append(part)
    return found


def _sequence(reads: Mapping[NodeId, Iterable[NodeId]]) -> list[NodeId]:
    waits_for = {node: set(sources) for node, sources in reads.items()}
    readers: dict[NodeId, list[NodeId]] = {node: [] for node in reads}
    for node, sources in waits_for.items():
        for source in sources:
            readers[source].append(node)
    waiting = {node: len(sources) for node, sources in waits_for.items()}
    ready = [node for node, count in waiting.items() if count == 0]
    heapify(ready)
    sequence = []
    while ready:
        node = heappop(ready)
        sequence.append(node)
        for reader in readers[node]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heappush(ready, reader)
    if len(sequence) < len(reads):
        raise _cycle(_one_cycle(waits_for, {node for node, count in waiting.items() if count}))
    return sequence


def _one_cycle(waits_for: Mapping[NodeId, set[NodeId]], stuck: set[NodeId]) -> list[NodeId]:
    """Each of these waits for another of them, so a walk backwards comes round."""
    node, trail = min(stuck), dict[NodeId, int]()
    while node not in trail:
        trail[node] = len(trail)
        node = min(waits_for[node] & stuck)
    cycle = list(trail)[trail[node] :][::-1]
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
