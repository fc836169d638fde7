"""Strict mode: a woven part becomes series-parallel by waiting a little more, and says where."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..ids import NodeId
from .decompose import Split
from .order import Order, bits
from .tree import Leaf, Parallel, Part, Series, walk


@dataclass(frozen=True, slots=True)
class Join:
    """Waiting that the drawn flow does not ask for: each of `then` waits for each of `first`."""

    first: tuple[NodeId, ...]
    then: tuple[NodeId, ...]

    def __str__(self) -> str:
        verb = "waits" if len(self.then) == 1 else "wait"
        return f"{', '.join(self.then)} {verb} for {', '.join(self.first)}"


def cut(order: Order, members: int) -> Split:
    """Cut a woven part in two, the second half after the first, and leave both to be decomposed.

    Cuts between levels make no chain longer, counted in nodes, whether a node's level is counted
    from the beginning or from the end. Of these the one is taken that adds the smallest share of
    the pairs it orders: such a cut follows the order that is there, and leaves two large halves.
    """
    best = (2.0, 0)
    for levels in (_levels(order, members), _levels_from_end(order, members)):
        best = min(best, *_shares(order, members, levels))
    return "series", [best[1], members & ~best[1]]


def _shares(order: Order, members: int, levels: list[int]) -> Iterator[tuple[float, int]]:
    """For the cut after each level but the last: the share of new pairs, and its first half."""
    early, late, known = 0, members, 0
    for level in levels[:-1]:
        known -= sum((order.before[index] & early).bit_count() for index in bits(level))
        early, late = early | level, late & ~level
        known += sum((order.after[index] & late).bit_count() for index in bits(level))
        yield 1 - known / (early.bit_count() * late.bit_count()), early


def added_joins(order: Order, root: Part) -> tuple[Join, ...]:
    """The direct precedences of a series-parallel tree that its order does not contain already."""
    waits: dict[int, int] = {}
    for first, then in _borders(order, root):
        for index in bits(then):
            waits[index] = waits.get(index, 0) | first & ~order.before[index]
    together: dict[int, int] = {}
    for index, first in waits.items():
        if first:
            together[first] = together.get(first, 0) | 1 << index
    joins = [Join(order.names(first), order.names(then)) for first, then in together.items()]
    return tuple(sorted(joins, key=lambda join: (join.then, join.first)))


def _levels(order: Order, members: int) -> list[int]:
    """Nodes by the length of the longest chain of members before them."""
    depth: dict[int, int] = {}
    levels: list[int] = []
    for index in bits(members):
        level = depth.get(index, 0)
        _put(levels, level, index)
        for target in bits(order.next[index] & members):
            depth[target] = max(depth.get(target, 0), level + 1)
    return levels


def _levels_from_end(order: Order, members: int) -> list[int]:
    """Nodes by the length of the longest chain of members after them, the longest first."""
    height: dict[int, int] = {}
    levels: list[int] = []
    for index in reversed(list(bits(members))):
        following = bits(order.next[index] & members)
        height[index] = max((height[target] + 1 for target in following), default=0)
        _put(levels, height[index], index)
    return levels[::-1]


def _put(levels: list[int], level: int, index: int) -> None:
    if level == len(levels):
        levels.append(0)
    levels[level] |= 1 << index


def _borders(order: Order, root: Part) -> Iterator[tuple[int, int]]:
    """For each place where one part of a series follows another: what ends there, what begins."""
    rank = {node: index for index, node in enumerate(order.ids)}
    ends: dict[int, tuple[int, int]] = {}
    for part in reversed([part for _, part in walk(root)]):
        match part:
            case Leaf(node):
                begins = finishes = 1 << rank[node]
            case Series(parts):
                inner = [ends.pop(id(child)) for child in parts]
                for (_, first), (then, _) in pairwise(inner):
                    yield first, then
                begins, finishes = (inner[0][0], inner[-1][1]) if inner else (0, 0)
            case Parallel(parts):
                inner = [ends.pop(id(child)) for child in parts]
                begins = finishes = 0
                for start, end in inner:
                    begins, finishes = begins | start, finishes | end
            case _:
                raise AssertionError("a strict tree has no woven part")
        ends[id(part)] = begins, finishes
