"""What is due: a question that nobody answered in time, a timer whose time has come.

Each row says itself which answer it then gets (`at_expiry`), so one sweep serves whatever waits.
Due is what the database's clock says: a worker's clock that jumps expires nothing.
"""

import json
from dataclasses import dataclass, field

import sqlalchemy as sa

from ...events import model as events
from ...ids import RunId
from ..legs import LegQueue
from ..records.record import NOBODY
from .answering import UNFINISHED
from .append import append, execute
from .waking import wake

AT_ONCE = 100


@dataclass(slots=True)
class Expired:
    """What a sweep has set going."""

    queued: list[RunId] = field(default_factory=list)
    """Runs that have a new leg."""
    count: int = 0


def expire(queue: LegQueue, connection: sa.Connection) -> Expired:
    """Give what is due the answer that stands for nobody's. At most `AT_ONCE` at a time.

    Rows that somebody holds are left to them: they are being answered, or to the next sweep.
    """
    expired = Expired()
    for run, question, at_expiry, kind, path, node, attempt, status, leg in execute(
        connection, _DUE, {"at_once": AT_ONCE}
    ).fetchall():
        key = {"run": run, "question": question}
        expired.count += 1
        if status not in UNFINISHED:
            execute(connection, _MOOT, key)
            continue
        answer = at_expiry or {"choice": "fail"}
        execute(connection, _EXPIRE, key | {"answer": json.dumps(answer)})
        if kind not in NOBODY:
            fact = events.HumanExpired(question=question, outcome=answer["choice"])
            append(connection, run, [fact], paths=[path], nodes=[node], attempt=attempt)
        if run in expired.queued:
            continue  # by another of its questions, just now
        if wake(queue, connection, run, status, leg):
            expired.queued.append(RunId(run))
    return expired


_DUE = """
SELECT q.run, q.id, q.at_expiry, q.kind, q.path, q.node, q.attempt, r.status, r.leg
FROM pai.question q JOIN pai.run r ON r.id = q.run
WHERE q.answer IS NULL AND q.due <= now()
ORDER BY q.due LIMIT %(at_once)s FOR UPDATE OF r, q SKIP LOCKED
"""
_EXPIRE = """
UPDATE pai.question SET answer = %(answer)s, answered_at = clock_timestamp()
WHERE run = %(run)s AND id = %(question)s
"""
_MOOT = """UPDATE pai.question SET due = NULL WHERE run = %(run)s AND id = %(question)s"""
