"""The maximal strong modules of a prime part.

A module is a set of nodes that no node outside can tell apart: whoever is related to one of them
is related to all. In a part that is neither parallel nor series the maximal proper modules are
disjoint (Gallai 1967), and an order and its comparability graph have the same ones.

Source:
    T. Gallai (1967), "Transitiv orientierbare Graphen", Acta Math. Hung. 18.
    A. Ehrenfeucht, H. Gabow, R. McConnell, S. Sullivan (1994), "An O(n²) divide-and-conquer
    algorithm for the prime tree decomposition of two-structures and modular decomposition of
    graphs", J. Algorithms 16: the partition into the maximal modules that avoid a node.
"""

from collections.abc import Sequence

from .order import Order, bits


def maximal_modules(order: Order, members: int) -> list[int]:
    """Split a part, connected and co-connected, into its maximal proper modules.

    The partition that avoids the first node shows all modules but the one around that node, and the
    partition that avoids a node outside it shows that one. The last node is outside: nothing comes
    before the first node's module, and the part is connected, so something comes after all of it.
    """
    first, last = members & -members, 1 << members.bit_length() - 1
    around_first = next(part for part in _modules_avoiding(order, members, last) if part & first)
    others = _modules_avoiding(order, members, first)
    return [around_first, *(part for part in others if not part & around_first)]


def _modules_avoiding(order: Order, members: int, node: int) -> list[int]:
    """The maximal modules that do not contain `node`; they partition all the rest.

    Whatever stands outside a part and tells its nodes apart splits it. When a part has been split,
    only its other pieces can tell a piece's nodes apart that nobody told apart before.
    """
    unsettled, settled = [(members & ~node, node)], []
    while unsettled:
        part, outside = unsettled.pop()
        pieces = _told_apart(order.related, part, outside)
        if len(pieces) == 1:
            settled.append(part)
            continue
        for piece in pieces:
            if piece & (piece - 1):
                unsettled.append((piece, part & ~piece))
            else:
                settled.append(piece)
    return settled


def _told_apart(related: Sequence[int], part: int, outside: int) -> list[int]:
    """Split a part by who of `outside` its nodes are related to.

    Where few stand outside they are asked who is related to none or to all of them, so that only
    the others need be looked at one by one.
    """
    some, every = part, 0
    if outside.bit_count() < part.bit_count():
        some, every = 0, part
        for index in bits(outside):
            some |= related[index]
            every &= related[index]
    pieces: dict[int, int] = {}
    for index in bits(part & some & ~every):
        seen = related[index] & outside
        pieces[seen] = pieces.get(seen, 0) | 1 << index
    return [piece for piece in (part & ~some, every, *pieces.values()) if piece]
