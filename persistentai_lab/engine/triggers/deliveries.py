"""What was sent to webhooks last, and what came of it: for whoever wonders why nothing runs."""

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus

import sqlalchemy as sa

from ...errors import LabError
from ..commands.append import execute
from ..commands.starting import Started

KEPT = 50
"""Of each webhook."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that came to a webhook, which whoever notes it has locked."""

    workspace: str
    webhook: str
    named: str | None
    """What its sender calls it."""


def note_run(connection: sa.Connection, sent: Sent, started: Started) -> None:
    """It is a run, or was one before."""
    status = HTTPStatus.ACCEPTED if started.is_new else HTTPStatus.OK
    _note(connection, sent, status, run=started.run)


def note_refusal(connection: sa.Connection, sent: Sent, refused: LabError) -> None:
    """It started none."""
    error = {"code": refused.code, "message": refused.message, "remedy": refused.remedy}
    _note(connection, sent, refused.http_status, error=json.dumps(error))


def _note(
    connection: sa.Connection,
    sent: Sent,
    status: int,
    *,
    run: str | None = None,
    error: str | None = None,
) -> None:
    key = asdict(sent)
    execute(connection, _KEEP, key | {"status": int(status), "run": run, "error": error})
    execute(connection, _FORGET, key | {"kept": KEPT})


_KEEP = """
INSERT INTO pai.delivery (workspace, webhook, named, status, run, error)
VALUES (%(workspace)s, %(webhook)s, %(named)s, %(status)s, %(run)s, %(error)s)
"""
_FORGET = """
DELETE FROM pai.delivery WHERE workspace = %(workspace)s AND webhook = %(webhook)s AND n <= (
    SELECT n FROM pai.delivery WHERE workspace = %(workspace)s AND webhook = %(webhook)s
    ORDER BY n DESC OFFSET %(kept)s LIMIT 1)
"""
