"""Modular decomposition of an order into series, parallel and woven parts.

A set of nodes is *parallel* if its comparability graph falls apart, *series* if the complement of
that graph does, and *woven* (prime) otherwise. A woven part has its maximal modules as children,
and these are decomposed in turn, so that even a tangled flow keeps its tidy corners.

Source:
    T. Gallai (1967), "Transitiv orientierbare Graphen", Acta Math. Hung. 18.
    R. Möhring, F. Radermacher (1984), "Substitution decomposition for discrete structures",
    Annals of Discrete Mathematics 19.
    J. Valdes, R. Tarjan, E. Lawler (1982), "The recognition of series parallel digraphs", SIAM J.
    Comput. 11: an order is series-parallel if and only if it contains no N.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .modules import maximal_modules
from .order import Order, bits, components
from .tree import Kind, Leaf, Parallel, Part, Series, Woven

Split = tuple[Kind, list[int]]
_NOTHING = Series(())


@dataclass(slots=True)
class _Draft:
    """A part of which only the members are known, until its children are built."""

    members: int
    kind: Kind = "series"
    children: "list[_Draft]" = field(default_factory=list)
    smallest: str = ""
    """The smallest id in it."""
    built: Part = _NOTHING


def decompose(order: Order, weave: Callable[[Order, int], Split] | None = None) -> Part:
    """Build the tree of an order.

    Args:
        order: The nodes and who comes before whom.
        weave: What to do with a part that is neither series nor parallel; by default it becomes a
            `Woven` of its maximal modules.
    """
    weave = weave or _weave
    drafts = [_Draft((1 << len(order.ids)) - 1)]
    for draft in drafts:  # grows while it is read: parents first
        if draft.members & (draft.members - 1):
            draft.kind, parts = _split(order, draft.members, weave)
            draft.children = [_Draft(part) for part in parts]
            drafts.extend(draft.children)
    for draft in reversed(drafts):
        _build(order, draft)
    return drafts[0].built


def _split(order: Order, members: int, weave: Callable[[Order, int], Split]) -> Split:
    related = order.related
    parts = components(members, related.__getitem__)
    if len(parts) > 1:
        return "parallel", parts
    parts = components(members, lambda index: ~related[index])
    if len(parts) > 1:
        return "series", sorted(parts, key=lambda part: part & -part)
    return weave(order, members)


def _weave(order: Order, members: int) -> Split:
    return "woven", maximal_modules(order, members)


def _build(order: Order, draft: _Draft) -> None:
    """Make the part, its children being made. Children without an order of their own go by id."""
    children = draft.children
    if not children:
        if draft.members:
            draft.smallest = node = order.ids[draft.members.bit_length() - 1]
            draft.built = Leaf(node)
        return
    draft.smallest = min(child.smallest for child in children)
    if draft.kind != "series":
        children.sort(key=lambda child: child.smallest)
    parts = [child.built for child in children]
    match draft.kind:
        case "series":
            draft.built = Series(tuple(_flat(parts)))
        case "parallel":
            draft.built = Parallel(tuple(parts))
        case "woven":
            edges = _edges(order, [child.members for child in children])
            draft.built = Woven(tuple(parts), tuple(edges))


def _flat(parts: list[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Series):
            yield from part.parts
        else:
            yield part


def _edges(order: Order, children: list[int]) -> list[tuple[int, int]]:
    """Edges between modules: these are exactly the direct edges between their nodes."""
    home = {index: position for position, child in enumerate(children) for index in bits(child)}
    found = set()
    for position, child in enumerate(children):
        for index in bits(child):
            for target in bits(order.next[index] & ~child):
                if target in home:
                    found.add((position, home[target]))
    return sorted(found)
