"""The shape of a plan: a tree whose leaves are the nodes of the flow."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Literal, TypeAlias

from ..ids import NodeId

Kind = Literal["series", "parallel", "woven"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One node of the flow."""

    node: NodeId


@dataclass(frozen=True, slots=True)
class Series:
    """Parts of which each comes after all of the part before it."""

    parts: "tuple[Part, ...]"
    kind: Literal["series"] = "series"


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts that have nothing to do with each other."""

    parts: "tuple[Part, ...]"
    kind: Literal["parallel"] = "parallel"


@dataclass(frozen=True, slots=True)
class Woven:
    """Parts that are neither in series nor parallel, so that their own edges say who waits."""

    parts: "tuple[Part, ...]"
    edges: tuple[tuple[int, int], ...]
    """Pairs of positions in `parts`, the first before the second; no pair follows from others."""
    kind: Literal["woven"] = "woven"


Part: TypeAlias = Leaf | Series | Parallel | Woven


def walk(root: Part) -> Iterator[tuple[str, Part]]:
    """Every part with its address (`s0/p2`), parents first, children from left to right.

    Trees can be a thousand deep (a long chain with a side branch at each node), hence no recursion.
    """
    stack: list[tuple[str, Part]] = [("", root)]
    while stack:
        address, part = stack.pop()
        yield address, part
        if not isinstance(part, Leaf):
            head = f"{address}/{part.kind[0]}" if address else part.kind[0]
            children = [(f"{head}{index}", child) for index, child in enumerate(part.parts)]
            stack.extend(reversed(children))


def left_to_right(woven: Woven) -> list[int]:
    """Positions in an order that the edges allow, the lowest first where they leave a choice."""
    waiting = [0] * len(woven.parts)
    after: list[list[int]] = [[] for _ in woven.parts]
    for first, then in woven.edges:
        waiting[then] += 1
        after[first].append(then)
    ready = [position for position, count in enumerate(waiting) if count == 0]
    heapify(ready)
    found = []
    while ready:
        position = heappop(ready)
        found.append(position)
        for then in after[position]:
            waiting[then] -= 1
            if waiting[then] == 0:
                heappush(ready, then)
    return found
