"""What may be found: as conditions of a statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...ids import Workspace

_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Scope:
    """A workspace, and what is asked for of it."""

    workspace: Workspace
    thread: str = ""
    kinds: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    as_of: datetime | None = None

    def values(self) -> dict[str, Any]:
        """As the conditions name them."""
        return {
            "workspace": self.workspace, "thread": self.thread,
            "thread_end": self.thread + _LAST, "kinds": list(self.kinds),
            "trust": list(self.trust), "as_of": self.as_of,
        }  # fmt: skip

    def visible(self) -> str:
        """The condition on `c`. Only what is asked for is in it: it is checked for thousands."""
        parts = ["c.workspace = %(workspace)s", "c.text IS NOT NULL"]
        if self.as_of is None:
            parts += ["c.closed_at IS NULL", "(c.expires_at IS NULL OR c.expires_at > now())"]
        else:
            parts += [
                "c.recorded_at <= %(as_of)s",
                "(c.closed_at IS NULL OR c.closed_at > %(as_of)s)",
                "(c.expires_at IS NULL OR c.expires_at > %(as_of)s)",
            ]
        if self.thread:
            # A range, not `starts_with`: an index serves it in a prepared statement too.
            parts.append("c.thread >= %(thread)s AND c.thread < %(thread_end)s")
        if self.kinds:
            parts.append("c.kind = ANY(%(kinds)s)")
        if self.trust:
            parts.append("c.trust = ANY(%(trust)s)")
        return " AND ".join(parts)
