"""Order in a graph of names: circles, and what comes after what."""

from collections.abc import Collection, Iterator, Mapping

Graph = Mapping[str, Collection[str]]


def circles(after: Graph) -> Iterator[list[str]]:
    """One circle for each knot of names that wait for each other, in the order of the arrows."""
    for knot in _knots(after):
        if len(knot) > 1:
            yield _walk(min(knot), knot, after)


def reaches(after: Graph, start: str, goal: str) -> bool:
    """Whether a path of arrows leads from one name to another."""
    seen, ahead = {start}, [start]
    while ahead:
        for name in after[ahead.pop()]:
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                ahead.append(name)
    return False


def _walk(start: str, knot: set[str], after: Graph) -> list[str]:
    """Shortest way from a name back to itself, breadth first."""
    came: dict[str, str] = {}
    ahead = [start]
    for name in ahead:
        for other in sorted(after[name]):
            if other == start:
                way = [name]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if other in knot and other not in came:
                came[other] = name
                ahead.append(other)
    return sorted(knot)


def _knots(after: Graph) -> Iterator[set[str]]:
    """Strongly connected parts, without recursion.

    Source:
        Gabow (2000), "Path-based depth-first search for strong and biconnected components".
    """
    number: dict[str, int] = {}
    done: set[str] = set()
    for root in after:
        if root in number:
            continue
        trail: list[str] = []
        bounds: list[str] = []
        calls = [(root, iter(after[root]))]
        number[root] = len(number)
        trail.append(root)
        bounds.append(root)
        while calls:
            name, rest = calls[-1]
            other = next(rest, None)
            if other is None:
                calls.pop()
                if bounds and bounds[-1] == name:
                    bounds.pop()
                    knot: set[str] = set()
                    while name not in knot:
                        knot.add(trail.pop())
                    done |= knot
                    yield knot
            elif other not in number:
                number[other] = len(number)
                trail.append(other)
                bounds.append(other)
                calls.append((other, iter(after[other])))
            elif other not in done:
                while number[bounds[-1]] > number[other]:
                    bounds.pop()
