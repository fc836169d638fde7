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

    All of them but the one around `here` avoid `here`, so the partition that avoids it shows them;
    and the one around `here` avoids a node `there` outside it, so a second partition shows that.
    """
    here = (members & -members).bit_length() - 1
    there = _outside_module_of(order, members, here)
    around_here = next(
        part for part in _modules_avoiding(order, members, there) if part >> here & 1
    )
    others = [part for part in _modules_avoiding(order, members, here) if not part & around_here]
    return [around_here, *others]


def _modules_avoiding(order: Order, members: int, node: int) -> list[int]:
    """The maximal modules that do not contain `node`; they partition all the rest.

    Whatever stands outside a part and tells its nodes apart splits it. When a part has been split,
    only its other pieces can tell a piece's nodes apart that nobody told apart before.
    """
    unsettled, settled = [(members & ~(1 << node), 1 << node)], []
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


def _outside_module_of(order: Order, members: int, node: int) -> int:
    """Some node that shares no proper module with `node`.

    Grow a module around `node`: adding a node from its own maximal module never leaves that module,
    adding any other pulls in everything.
    """
    module = 1 << node
    while True:
        rest = members & ~module
        candidate = rest & -rest
        grown = _smallest_module(order, members, module, candidate, like=node)
        if grown == members:
            return candidate.bit_length() - 1
        module = grown


def _smallest_module(order: Order, members: int, module: int, added: int, *, like: int) -> int:
    """The smallest module that contains `module` and `added`.

    Who is related to one of them but not to `like` must come along.
    """
    related, pattern = order.related, order.related[like]
    while added and module | added != members:
        bit = added & -added
        module |= bit
        telling = (related[bit.bit_length() - 1] ^ pattern) & members
        added = (added | telling) & ~module
    return module | added
