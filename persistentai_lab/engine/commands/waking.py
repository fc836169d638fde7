"""What a run waited for has come: its parked leg is followed by another, a live one is told.

The same for everything that is waited for: a person's answer, an expiry, a time that has come.
Called with the run's row locked, as parking does; so nothing that comes falls between the two.
"""

import sqlalchemy as sa

from ...storage.hints import ANSWERS
from ..legs import LegQueue
from .hinting import note
from .onward import next_leg


def wake(queue: LegQueue, connection: sa.Connection, run: str, status: str, leg: int) -> bool:
    """Let a run go on. True when a leg was queued; else it has one, which is told.

    A run that somebody has paused stays so: when they let it go on, its leg finds what has come.
    """
    if status != "waiting":
        note(connection, ANSWERS, run)
        return False
    next_leg(queue, connection, run, leg)
    return True
