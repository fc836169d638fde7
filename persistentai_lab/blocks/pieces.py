"""Definitions put into an order in which they can be run, the one that needs all others last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Piece:
    """What defines one global."""

    name: str
    text: str = ""
    early: dict[str, None] = field(default_factory=dict)
    """Pieces that must stand before it: it looks them up while it is defined."""
    late: dict[str, None] = field(default_factory=dict)
    """Pieces that must stand somewhere: it looks them up when it is called."""
    is_constant: bool = False


def render(imports: Iterable[str], pieces: Mapping[str, Piece], *, future: bool) -> str:
    """One text: imports, plain constants, then everything else.

    Args:
        imports: Statements.
        pieces: By the name that each defines.
        future: Whether annotations are text in it.
    """
    head = ["from __future__ import annotations"] if future else []
    ordered = list(_Order(pieces).all())
    plain = [it.text for it in ordered if it.is_constant and not it.early]
    blocks = ["\n".join([*head, *sorted(imports)]), "".join(plain)]
    blocks += [it.text for it in ordered if not it.is_constant or it.early]
    return "\n\n\n".join(text.rstrip("\n") for text in blocks if text) + "\n"


class _Order:
    def __init__(self, pieces: Mapping[str, Piece]) -> None:
        self._pieces = pieces
        self._done: set[str] = set()

    def all(self) -> Iterator[Piece]:
        for name in self._from_the_ground_up():
            yield from self._with_what_is_before(name)

    def _from_the_ground_up(self) -> Iterable[str]:
        """Needed before needing, as far as there are no circles."""
        order: dict[str, None] = {}
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name in seen or name not in self._pieces:
                return
            seen.add(name)
            for other in (*self._pieces[name].early, *self._pieces[name].late):
                visit(other)
            order[name] = None

        for name in self._pieces:
            visit(name)
        return order

    def _with_what_is_before(self, name: str) -> Iterator[Piece]:
        if name in self._done:
            return
        self._done.add(name)
        for other in self._before(name):
            yield from self._with_what_is_before(other)
        yield self._pieces[name]

    def _before(self, name: str) -> Iterable[str]:
        """What must be there when it is defined: a decorator runs then, and needs things itself."""
        found: dict[str, None] = {}
        waiting = list(self._pieces[name].early)
        while waiting:
            other = waiting.pop(0)
            if other == name or other in found or other not in self._pieces:
                continue
            found[other] = None
            waiting += (*self._pieces[other].early, *self._pieces[other].late)
        return found
