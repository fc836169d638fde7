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
    return sorted([around_here, *others], key=lambda part: part & -part)


def _modules_avoiding(order: Order, members: int, node: int) -> list[int]:
    """The maximal modules that do not contain `node`; they partition all the rest.

    Whatever stands outside a part and tells its nodes apart splits it. All that stands outside is
    asked at once: the nodes of a part stay together if they are related to the same outside set.
    """
    related = order.related
    unsettled, settled = [members & ~(1 << node)], []
    while unsettled:
        part = unsettled.pop()
        outside = members & ~part
        groups: dict[int, int] = {}
        for index in bits(part):
            seen = related[index] & outside
            groups[seen] = groups.get(seen, 0) | 1 << index
        if len(groups) == 1:
            settled.append(part)
            continue
        for group in groups.values():
            (settled if group & (group - 1) == 0 else unsettled).append(group)
    return settled


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
