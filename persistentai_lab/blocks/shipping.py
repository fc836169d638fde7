"""What those who write the parts of a shipment ask of the whole."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from ..errors import Problem
from .cells import Cells
from .needs import Needs
from .pieces import Piece


class Shipping(Protocol):
    """A shipment in the making (`shipment`)."""

    problems: dict[Problem, None]
    namespace: Mapping[str, Any]
    cells: Cells

    @property
    def who(self) -> str:
        """Who needs what is being looked at."""
        ...

    def refuse(self, problem: Problem) -> None:
        """Something cannot come along."""
        ...

    def is_own(self, value: Any) -> bool:
        """Whether it was defined in a cell, and not in a module."""
        ...

    def import_as(self, statement: str) -> None:
        """Have an import stand at the top."""
        ...

    def need(self, name: str, piece: Piece, *, is_late: bool) -> None:
        """Have a global there, whatever it is."""
        ...

    def follow(self, piece: Piece, needs: Needs, skip: Collection[str] = ()) -> None:
        """Take along what a statement needs."""
        ...

    def written(self, name: str, value: Any, piece: Piece) -> str | None:
        """A constant as text; None when that is refused."""
        ...
