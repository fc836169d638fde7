"""A run under way that a command has locked: nobody lets it go on, or ends it, meanwhile."""

from dataclasses import dataclass

import sqlalchemy as sa

from ...errors import RunEnded, RunNotFound
from ...ids import RunId
from ...security.identity import Identity
from ...storage.hints import WISHES
from ..records.orders import Orders
from ..records.record import Version, parse_version
from .append import execute
from .hinting import note

ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Steered:
    """A run after a command."""

    run: RunId
    status: str
    wish: str | None = None
    """`pause` or `step`, while what is under way is still to finish."""


@dataclass(frozen=True, slots=True)
class Held:
    """A run whose row we have locked."""

    run: RunId
    status: str
    leg: int
    orders: Orders

    def steered(self, status: str | None = None, wish: str | None = None) -> Steered:
        """As it is after a command; left out, as it was before."""
        if status is None:
            return Steered(self.run, self.status, self.orders.wish)
        return Steered(self.run, status, wish)


def hold(connection: sa.Connection, run: RunId, by: Identity) -> Held:
    """Lock a run that has not ended. Raises `RunNotFound`, `RunEnded`."""
    key = {"run": run, "workspace": by.workspace}
    row = execute(connection, _LOCK, key).one_or_none()
    if row is None:
        raise RunNotFound(run)
    status, leg, *orders = row
    if status in ENDED:
        raise RunEnded(
            f"Run {run} has ended ({status}).",
            remedy="It stays as it is. To run it again from a node, fork it.",
        )
    return Held(run, status, leg, Orders.from_row(*orders))


def version_of(connection: sa.Connection, run: RunId) -> Version:
    """What a run is pinned to."""
    return parse_version(*execute(connection, _PINNED, {"run": run}).one())


def tell(connection: sa.Connection, run: RunId) -> None:
    """A worker that misses the hint looks within a second, and hears of it with every commit."""
    note(connection, WISHES, run)


_LOCK = """
SELECT status, leg, seq, wish, wished_by, breakpoints FROM pai.run
WHERE id = %(run)s AND workspace = %(workspace)s FOR UPDATE
"""
_PINNED = """
SELECT v.spec::text, v.plan::text, v.signatures::text
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash) WHERE r.id = %(run)s
"""
