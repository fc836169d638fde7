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

from collections.abc import Callable
from dataclasses import dataclass, field

from .modules import maximal_modules
from .order import Order, bits, components
from .tree import Kind, Leaf, Parallel, Part, Series, Woven

Split = tuple[Kind, list[int]]


@dataclass(slots=True)
class _Draft:
    members: int
    kind: Kind = "series"
    parts: list[int] = field(default_factory=list)


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
            draft.parts = list(range(len(drafts), len(drafts) + len(parts)))
            drafts.extend(map(_Draft, parts))
    built: dict[int, Part] = {}
    for index in range(len(drafts) - 1, -1, -1):
        draft = drafts[index]
        built[index] = _assemble(order, draft, [built.pop(part) for part in draft.parts], drafts)
    return built[0]


def _split(order: Order, members: int, weave: Callable[[Order, int], Split]) -> Split:
    related = order.related
    parts = components(members, related.__getitem__)
    if len(parts) > 1:
        return "parallel", parts
    parts = components(members, lambda index: ~related[index])
    if len(parts) > 1:
        return "series", sorted(parts, key=lambda part: _behind(order, members, part))
    return weave(order, members)


def _behind(order: Order, members: int, part: int) -> int:
    """How many members come before some node of the part: tells parts of a series in order."""
    return (order.before[(part & -part).bit_length() - 1] & members).bit_count()


def _weave(order: Order, members: int) -> Split:
    return "woven", maximal_modules(order, members)


def _assemble(order: Order, draft: _Draft, parts: list[Part], drafts: list[_Draft]) -> Part:
    if not parts:
        return Leaf(order.names(draft.members)[0]) if draft.members else Series(())
    match draft.kind:
        case "series":
            flat: list[Part] = []
            for part in parts:
                flat.extend(part.parts if isinstance(part, Series) else (part,))
            return Series(tuple(flat))
        case "parallel":
            return Parallel(tuple(parts))
        case "woven":
            children = [drafts[part].members for part in draft.parts]
            return Woven(tuple(parts), tuple(_edges(order, children)))


def _edges(order: Order, children: list[int]) -> list[tuple[int, int]]:
    """Edges between modules. Direct edges between their nodes are exactly those between them."""
    home = {index: position for position, child in enumerate(children) for index in bits(child)}
    found = set()
    for position, child in enumerate(children):
        for index in bits(child):
            for target in bits(order.next[index] & ~child):
                if target in home:
                    found.add((position, home[target]))
    return sorted(found)
