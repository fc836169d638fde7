"""What people want of a run under way: that it pauses, takes one step, halts before nodes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...ids import Path, RunId
from ...storage.pool import Pool

_ITEM = re.compile(r"(?<=/)\d+(?=[./])")
"""The number of an item or a round in a node's id."""
_ATTEMPT = re.compile(r"(?<=/)@\d+/")
"""Which attempt of a control node it stands in, if not in the first."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Pause before a node."""

    by: str
    when: str | None = None
    passed: tuple[Path, ...] = ()
    """Where a person has let the run go on already."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Breakpoint":
        """As it stands in the run's row."""
        return cls(data["by"], data["when"], tuple(data["passed"]))

    def to_json(self) -> dict[str, Any]:
        """The inverse."""
        return {"by": self.by, "when": self.when, "passed": list(self.passed)}


@dataclass(frozen=True, slots=True)
class Orders:
    """What people want of a run, as of one moment."""

    seq: int
    """The run's last event then: of two orders the one with more is the newer."""
    wish: str | None = None
    by: str = ""
    breakpoints: Mapping[str, Breakpoint] = field(default_factory=dict)

    def breakpoint(self, node: str) -> "tuple[str, Breakpoint | None]":
        """The breakpoint that a node of the run has, and what it is set at."""
        if not self.breakpoints:
            return node, None
        alike = _ITEM.sub("*", _ATTEMPT.sub("", node))
        key = node if node in self.breakpoints else alike
        return key, self.breakpoints.get(key)

    @classmethod
    def from_row(
        cls, seq: int, wish: str | None, by: str | None, breakpoints: Mapping[str, Any] | None
    ) -> "Orders":
        """From the columns of the run's row."""
        points = {node: Breakpoint.from_json(it) for node, it in (breakpoints or {}).items()}
        return cls(seq, wish, by or "", points)


async def read_orders(
    pool: Pool, runs: Iterable[RunId], held: Iterable[RunId] = ()
) -> dict[RunId, Orders]:
    """What people want of these runs now; of those that they want nothing of, nothing.

    Of those that are held, in any case: that nothing is wanted any more lets them go on.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(_WANTED, (list(runs), list(held)))
        return {RunId(run): Orders.from_row(*row) for run, *row in await cursor.fetchall()}


_WANTED = """
SELECT id, seq, wish, wished_by, breakpoints FROM pai.run
WHERE id = ANY(%s) AND (wish IS NOT NULL OR breakpoints IS NOT NULL OR id = ANY(%s))
"""
ORDERS = "SELECT seq, wish, wished_by, breakpoints FROM pai.run WHERE id = %s"
