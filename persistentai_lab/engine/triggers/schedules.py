"""Schedules: runs that start by themselves when their time comes.

Whoever looks first holds the schedule's row, starts the runs that are due and moves it on, all in
one transaction; so two workers and a crash in between start a run once. The run's id is made of the
schedule and the time that it was due at, besides: the same firing can never be two runs.

The database's clock decides. What was missed while no worker lived is made up for as the schedule
says (`missed`); less than `LATE_S` late is not missed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ...errors import LabError
from ...ids import Json, RunId
from ...security.identity import Identity
from ..commands.append import execute
from ..commands.pinned import Module
from ..commands.starting import Started
from ..legs import LegQueue
from .cron import Cron, ScheduleInvalid, read_cron, read_zone
from .target import COLUMNS, Target, keep

Missed = Literal["skip", "once", "all"]

LATE_S = 60.0
AT_ONCE = 100
"""Runs that one look starts for one schedule: what `all` makes up for comes in portions."""


class ScheduleNotFound(LabError):
    """There is no schedule of this name."""

    code = "schedule_not_found"
    http_status = 404

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no schedule {name!r}.", remedy="`persistentai schedules` lists them."
        )


class ScheduleInPast(ScheduleInvalid):
    """The only time that the schedule says is over."""

    code = "schedule_in_past"


@dataclass(frozen=True, slots=True)
class When:
    """When a schedule fires."""

    cron: str | None = None
    at: datetime | None = None
    """Once, instead of again and again."""
    zone: str = "UTC"
    missed: Missed = "once"

    def read(self) -> Cron | None:
        """The expression, if there is one. Raises `ScheduleInvalid`."""
        if (self.cron is None) == (self.at is None):
            raise ScheduleInvalid(
                "A schedule has either a cron expression or one time.",
                remedy="Say `cron='30 7 * * mon-fri'` or `at=` a time.",
            )
        if self.at is not None and self.at.tzinfo is None:
            raise ScheduleInvalid(
                f"{self.at.isoformat()} says no time zone.",
                remedy="Write 2030-01-31T08:00+01:00, or a datetime with a `tzinfo`.",
            )
        read_zone(self.zone)
        return None if self.cron is None else read_cron(self.cron, self.zone)


@dataclass(slots=True)
class Due:
    """Of a schedule that is due: which firings start a run, and when it is due again."""

    fire: list[datetime] = field(default_factory=list)
    skipped: int = 0
    next_at: datetime | None = None


def due(cron: Cron | None, missed: Missed, since: datetime, now: datetime) -> Due:
    """What to start now.

    Args:
        cron: None when it fires once only.
        missed: What becomes of firings that nobody was there for.
        since: The first firing that is due.
        now: By the database's clock.
    """
    times = [since]
    is_cut = False
    while cron is not None and (later := cron.after(times[-1])) <= now:
        if len(times) == AT_ONCE:
            is_cut = True
            break
        times.append(later)
    if missed == "all":
        return Due(times, next_at=None if cron is None else cron.after(times[-1]))
    if is_cut and cron is not None:
        times.append(cron.last(now) or times[-1])
    last = times[-1]
    fires = missed == "once" or now - last <= timedelta(seconds=LATE_S)
    next_at = None if cron is None else cron.after(now)
    return Due([last] if fires else [], len(times) - fires, next_at)


def put_schedule(
    connection: sa.Connection,
    name: str,
    when: When,
    target: Target,
    modules: tuple[Module, ...],
) -> datetime:
    """Make a schedule, or let the one of this name say something else. Returns its next time.

    A schedule that says the same times as before keeps its place: what is due stays due.

    Raises:
        ScheduleInvalid: It says no time.
        ScheduleInPast: The only one that it says is over.
    """
    cron = when.read()
    now = execute(connection, "SELECT clock_timestamp()", {}).scalar_one()
    if when.at is not None and when.at <= now:
        raise ScheduleInPast(
            f"{when.at.isoformat()} is over.", remedy="Choose a time to come, or run it now."
        )
    keep(connection, target, modules)
    row = target.row() | {
        "name": name,
        "cron": None if cron is None else cron.text,
        "zone": when.zone,
        "missed": when.missed,
        "next_at": when.at if cron is None else cron.after(now),
    }
    found: datetime = execute(connection, _PUT, row).scalar_one()
    return found.astimezone(UTC)


def switch_schedule(connection: sa.Connection, name: str, by: Identity, *, on: bool) -> None:
    """Let a schedule rest, or go on from now: what it rested through is not made up for."""
    key = {"workspace": by.workspace, "name": name}
    row = execute(connection, _ONE, key).one_or_none()
    if row is None:
        raise ScheduleNotFound(name)
    is_on, cron, zone, next_at, now = row
    if on and not is_on:
        if cron is not None:
            next_at = read_cron(cron, zone).after(now)
        elif next_at is None or next_at <= now:
            raise ScheduleInPast(
                f"The only time of {name!r} is over.", remedy="Make it anew, with another time."
            )
    execute(connection, _SWITCH, key | {"on": on, "next_at": next_at})


def run_now(
    queue: LegQueue, connection: sa.Connection, name: str, by: Identity, key: str | None
) -> Started:
    """Start what a schedule starts, without waiting for its time; that stays as it is.

    Raises:
        ScheduleNotFound: There is none of this name.
        FlowInvalid: What it starts with does not fit (any more).
    """
    row = execute(connection, _NOW, {"workspace": by.workspace, "name": name}).mappings().first()
    if row is None:
        raise ScheduleNotFound(name)
    named = None if key is None else f"schedule now\x1f{name}\x1f{key}"
    trigger: dict[str, Json] = {"kind": "schedule", "name": name}
    started = Target.from_row(row).start(queue, connection, named, trigger, by=by)
    if started.is_new:
        execute(connection, _RAN, {"workspace": by.workspace, "name": name, "run": started.run})
    return started


def drop_schedule(connection: sa.Connection, name: str, by: Identity) -> None:
    """Forget a schedule; the runs that it started stay."""
    if not execute(connection, _DROP, {"workspace": by.workspace, "name": name}).rowcount:
        raise ScheduleNotFound(name)


def fire(queue: LegQueue, connection: sa.Connection) -> list[RunId] | None:
    """Start what is due of the schedule that has been due longest. None when none is.

    Schedules that somebody holds are left to them.
    """
    row = execute(connection, _DUE, {}).mappings().one_or_none()
    if row is None:
        return None
    runs: list[RunId] = []
    found, error = Due(), None
    try:
        cron = None if row["cron"] is None else read_cron(row["cron"], row["zone"])
        found = due(cron, row["missed"], row["next_at"], row["now"])
        target = Target.from_row(row)
        for at in found.fire:
            with connection.begin_nested():  # a firing that is refused takes no other with it
                runs.append(_start(queue, connection, target, row, at))
    except LabError as refused:  # one that says no time any more (its zone is gone) rests
        error = {"code": refused.code, "message": refused.message, "remedy": refused.remedy}
    execute(
        connection,
        _MOVE,
        {
            "workspace": row["workspace"],
            "name": row["name"],
            "next_at": found.next_at,
            "last_at": found.fire[-1] if found.fire else None,
            "last_run": runs[-1] if runs else None,
            "fired": len(runs),
            "skipped": found.skipped,
            "error": None if error is None else json.dumps(error),
        },
    )
    return runs


def _start(
    queue: LegQueue,
    connection: sa.Connection,
    target: Target,
    row: Mapping[str, Any],
    at: datetime,
) -> RunId:
    said = at.astimezone(UTC).isoformat()
    key = f"schedule\x1f{row['name']}\x1f{row['created_at'].timestamp()}\x1f{said}"
    trigger: dict[str, Json] = {"kind": "schedule", "name": row["name"], "at": said}
    return target.start(queue, connection, key, trigger).run


def coming(cron: str | None, zone: str, since: datetime, count: int) -> Iterator[datetime]:
    """The next times of a schedule, the one that is due first."""
    yield since
    if cron is not None:
        read = read_cron(cron, zone)
        for _ in range(count - 1):
            since = read.after(since)
            yield since


_PUT = """
INSERT INTO pai.schedule AS old
    (workspace, name, flow_hash, plan_hash, code, inputs, cron, zone, missed, next_at, owner,
     caller)
VALUES (%(workspace)s, %(name)s, %(flow_hash)s, %(plan_hash)s, %(code)s, %(inputs)s, %(cron)s,
        %(zone)s, %(missed)s, %(next_at)s, %(owner)s, %(caller)s)
ON CONFLICT (workspace, name) DO UPDATE SET
    flow_hash = excluded.flow_hash, plan_hash = excluded.plan_hash, code = excluded.code,
    inputs = excluded.inputs, cron = excluded.cron, zone = excluded.zone,
    missed = excluded.missed, owner = excluded.owner, caller = excluded.caller,
    is_on = true, error = NULL,
    next_at = CASE WHEN old.is_on AND old.cron = excluded.cron AND old.zone = excluded.zone
                   THEN old.next_at ELSE excluded.next_at END
RETURNING next_at
"""
_ONE = """
SELECT is_on, cron, zone, next_at, clock_timestamp() FROM pai.schedule
WHERE workspace = %(workspace)s AND name = %(name)s FOR UPDATE
"""
_SWITCH = """
UPDATE pai.schedule SET is_on = %(on)s, next_at = %(next_at)s
WHERE workspace = %(workspace)s AND name = %(name)s
"""
_DROP = "DELETE FROM pai.schedule WHERE workspace = %(workspace)s AND name = %(name)s"
_DUE = f"""
SELECT {COLUMNS}, t.cron, t.zone, t.missed, t.next_at, t.created_at, clock_timestamp() AS now
FROM pai.schedule t JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE t.is_on AND t.next_at <= now() ORDER BY t.next_at LIMIT 1 FOR UPDATE OF t SKIP LOCKED
"""
_NOW = f"""
SELECT {COLUMNS} FROM pai.schedule t JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE t.workspace = %(workspace)s AND t.name = %(name)s FOR UPDATE OF t
"""
_RAN = """
UPDATE pai.schedule SET last_at = clock_timestamp(), last_run = %(run)s, fired = fired + 1,
    error = NULL
WHERE workspace = %(workspace)s AND name = %(name)s
"""
_MOVE = """
UPDATE pai.schedule SET next_at = %(next_at)s, is_on = %(next_at)s::timestamptz IS NOT NULL,
    last_at = coalesce(%(last_at)s, last_at), last_run = coalesce(%(last_run)s, last_run),
    fired = fired + %(fired)s, skipped = skipped + %(skipped)s, error = %(error)s
WHERE workspace = %(workspace)s AND name = %(name)s
"""
