"""Earlier or later."""

import calendar
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.dates.zone import ZoneName, settled, zone_named
from persistentai_lab.errors import NodeError


@block(
    title="Add to date",
    effect="pure",
    examples=(
        Example(
            inputs={"moment": "2026-01-31T12:00:00Z", "months": 1}, output="2026-02-28T12:00:00Z"
        ),
        Example(
            inputs={"moment": "2026-03-28T12:00:00+01:00", "days": 1, "timezone": "Europe/Berlin"},
            output="2026-03-29T12:00:00+02:00",
        ),
    ),
)
def add(
    moment: AwareDatetime,
    *,
    years: int = 0,
    months: int = 0,
    weeks: int = 0,
    days: int = 0,
    hours: float = 0.0,
    minutes: float = 0.0,
    seconds: float = 0.0,
    timezone: ZoneName = "UTC",
) -> AwareDatetime:
    """Go forward in time, or back by negative numbers.

    Years, months, weeks and days are those of a calendar: at noon plus one day is at noon, even
    if clocks are changed in between. A month later on a day that it has not, is its last day.
    Hours, minutes and seconds are those of a stopwatch, added afterwards.

    Args:
        moment: Date and time with an offset from UTC.
        years: Calendar years.
        months: Calendar months.
        weeks: Calendar weeks.
        days: Calendar days.
        hours: Hours that pass.
        minutes: Minutes that pass.
        seconds: Seconds that pass.
        timezone: Whose calendar and clocks, such as `Europe/Berlin`.

    Returns:
        A moment, with its offset from UTC in that time zone.

    Raises:
        NodeError: There is no such time zone, or the year is not between 1 and 9999.
    """
    zone = zone_named(timezone)
    try:
        local = _months_later(moment.astimezone(zone), years * 12 + months)
        local += timedelta(weeks=weeks, days=days)  # by the calendar: as Python adds in one zone
        passing = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return (settled(local).astimezone(UTC) + passing).astimezone(zone)
    except (OverflowError, ValueError) as problem:
        raise NodeError(f"There is no such date: {problem}.") from None


def _months_later(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))
