"""When a cron expression comes round, on the clock on the wall of a place.

croniter reads the expression and counts on a clock that never changes; what a change of the clock
means is decided here, as cron has done it since Vixie:

- A wall time that a day does not have (clocks go forward) comes at the moment of the change, once.
- A wall time that a day has twice (clocks go back) comes once, the first time; only expressions
  that name no hour (`*/15 * * * *`) go on through both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadDateError, CroniterError, croniter

from ...errors import LabError

FIELDS = 5
_EVERY_DAY = ["*", "*", "*"]
_STEP = re.compile(r"\*/(\d+)")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_WINDOWS = tuple(timedelta(minutes=m) for m in (2, 120, 2 * 1440, 62 * 1440, 9 * 366 * 1440))


class ScheduleInvalid(LabError):
    """This says no time: a malformed expression, an unknown zone, or a day that never comes."""

    code = "schedule_invalid"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression of five fields, and where the clock hangs. Made by `read_cron`."""

    text: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first time after a moment, UTC.

        Raises:
            ScheduleInvalid: It never comes.
        """
        wall = moment.astimezone(self.zone).replace(tzinfo=None)
        lap = _lap(wall, self.zone)
        if not lap:  # walls and moments have one order here
            return next(at for at in self._moments(wall) if at > moment)
        found = []
        for at in self._moments(wall - lap):
            if at > moment:
                found.append(at)
            if at > moment + 2 * lap:
                return min(found)
        raise AssertionError("moments do not end")

    def last(self, until: datetime) -> datetime | None:
        """The last time up to a moment, UTC; None if that is very long ago."""
        for window in _WINDOWS:
            at = self.after(until - window)
            if at > until:
                continue
            while (later := self.after(at)) <= until:
                at = later
            return at
        return None

    def _moments(self, wall: datetime) -> Iterator[datetime]:
        """The moments of all wall times after one."""
        walls = croniter(self.text, wall)
        through_both = self.text.split()[1].startswith("*")
        while True:
            try:
                at = walls.get_next(datetime)
            except CroniterBadDateError:
                raise _never(self.text) from None
            yield from _moments_of(at, self.zone, through_both=through_both)


def read_cron(text: str, zone: str) -> Cron:
    """Read an expression.

    Raises:
        ScheduleInvalid: It is none, or the zone is unknown; says what is to be written.
    """
    text = " ".join(text.split())
    text = _SHORT.get(text, text)
    remedy = "Write minute, hour, day, month and weekday, as in '30 7 * * mon-fri'."
    if len(text.split()) != FIELDS:
        raise ScheduleInvalid(f"{text!r} has not {FIELDS} fields.", remedy=remedy)
    try:
        croniter(text)
    except CroniterBadDateError:
        raise _never(text) from None
    except (CroniterError, ValueError, KeyError) as error:
        raise ScheduleInvalid(f"{text!r} is no cron expression: {error}.", remedy=remedy) from None
    cron = Cron(text, read_zone(zone))
    cron.after(datetime.now(UTC))
    return cron


def in_words(text: str) -> str:
    """What an expression says, for people: `At 07:30, Monday through Friday`.

    Itself where there are no words for it.
    """
    from cron_descriptor import ExpressionDescriptor, Options
    from cron_descriptor.Exception import FormatError, MissingFieldError

    minute, hour, *days = text.split()
    spelt = " ".join([_spelt(minute, 60), _spelt(hour, 24), *days])
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = "en_US"
    try:
        said: str = ExpressionDescriptor(spelt, options).get_description()
    except (FormatError, MissingFieldError, ValueError, IndexError):
        return text
    is_time = said.startswith("At ") and "past the hour" not in said
    return f"{said}, every day" if is_time and days == _EVERY_DAY else said


def _spelt(field: str, lap: int) -> str:
    """`*/45` of minutes is not every 45 minutes: it begins anew with each hour."""
    step = _STEP.fullmatch(field)
    if step is None or int(step[1]) == 0 or lap % int(step[1]) == 0:
        return field
    return ",".join(str(at) for at in range(0, lap, int(step[1])))


def read_zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises `ScheduleInvalid`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleInvalid(
            f"There is no time zone {name!r}.", remedy="Write 'Europe/Berlin' or 'UTC'."
        ) from None


def _never(text: str) -> ScheduleInvalid:
    return ScheduleInvalid(
        f"{text!r} never comes: there is no such day.", remedy="Correct day and month."
    )


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None
    return offset


def _lap(wall: datetime, zone: ZoneInfo) -> timedelta:
    """How much of the wall clock comes twice around a time; mostly nothing."""
    return max(_offset(wall, zone, 0) - _offset(wall, zone, 1), timedelta())


def _moments_of(wall: datetime, zone: ZoneInfo, *, through_both: bool) -> list[datetime]:
    before, after = _offset(wall, zone, 0), _offset(wall, zone, 1)
    first = (wall - before).replace(tzinfo=UTC)
    if before == after:
        return [first]
    second = (wall - after).replace(tzinfo=UTC)
    if before > after:
        return [first, second] if through_both else [first]
    return [_change(second, first, zone)]


def _change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The moment in between at which the clock goes forward."""
    old = early.astimezone(zone).utcoffset()
    low, high = int(early.timestamp()), int(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        is_old = datetime.fromtimestamp(middle, zone).utcoffset() == old
        low, high = (middle, high) if is_old else (low, middle)
    return datetime.fromtimestamp(high, UTC)
