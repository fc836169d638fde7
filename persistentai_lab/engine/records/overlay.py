"""Values that people put in the place of others while a run was paused.

A step's row is history and is never rewritten: the new value lies beside it, with who gave it, and
is laid over whatever reads the row. Of several for one port the last counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...ids import Json

ByPort = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Overlay:
    """All of a run. Values as records have them: `{"json": …}` or `{"ref": …}`."""

    outputs: Mapping[str, ByPort] = field(default_factory=dict)
    """By path and port: what counts instead of what a body gave."""
    literals: Mapping[str, dict[str, Json]] = field(default_factory=dict)
    """By path and port: what a node is called with instead of its literals."""

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, str, Any]]) -> "Overlay":
        """From path, side, port and value of each row, in the order of their numbers."""
        outputs: dict[str, ByPort] = {}
        literals: dict[str, dict[str, Json]] = {}
        for path, side, port, value in rows:
            if side == "output":
                outputs.setdefault(path, {})[port] = value
            else:
                literals.setdefault(path, {})[port] = value["json"]
        return cls(outputs, literals)


OVERLAY = """
SELECT path, side, port, value FROM pai.override WHERE run = %(run)s ORDER BY n
"""
TAKE_OVER_CHANGED = """
WITH taken AS (
    INSERT INTO pai.override
        (workspace, run, n, path, node, side, port, value, owner, caller, at)
    SELECT o.workspace, %(run)s, o.n, t.path, o.node, o.side, o.port, o.value, o.owner, o.caller,
           o.at
    FROM unnest(%(nodes)s::text[], %(paths)s::text[]) AS t(node, path)
    JOIN pai.override o ON o.run = %(source)s AND o.workspace = %(workspace)s
         AND o.node = t.node AND o.side = 'output'
    RETURNING 1
)
UPDATE pai.run SET is_changed = true WHERE id = %(run)s AND EXISTS (SELECT FROM taken)
"""
"""Copies what counts instead of the outputs of nodes whose records are taken over; who gave it, and
when, stays true."""
