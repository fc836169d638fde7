"""Year, month, day."""

from typing import NamedTuple

from pydantic import AwareDatetime

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.dates.zone import ZoneName, zone_named


class Parts(NamedTuple):
    """What calendar and clock show."""

    date: str
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: float
    weekday: int
    week: int
    day_of_year: int


@block(
    title="Parts of date",
    effect="pure",
    examples=(
        Example(
            inputs={"moment": "2025-12-31T23:30:00.5Z", "timezone": "Europe/Berlin"},
            output={
                "date": "2026-01-01", "year": 2026, "month": 1, "day": 1,
                "hour": 0, "minute": 30, "second": 0.5,
                "weekday": 4, "week": 1, "day_of_year": 1,
            },
        ),
    ),
)  # fmt: skip
def parts(moment: AwareDatetime, *, timezone: ZoneName = "UTC") -> Parts:
    """Take a moment apart, as calendar and clock of some place show it.

    Args:
        moment: Date and time with an offset from UTC.
        timezone: Whose calendar and clock, such as `Europe/Berlin`.

    Returns:
        date: The date as text, such as 2026-01-31.
        year: The year.
        month: The month, from 1.
        day: The day of the month, from 1.
        hour: The hour, from 0 to 23.
        minute: The minute, from 0.
        second: The second, with its fraction.
        weekday: 1 for Monday to 7 for Sunday.
        week: The week of the year by ISO 8601, from 1.
        day_of_year: The day of the year, from 1.

    Raises:
        NodeError: There is no such time zone.
    """
    local = moment.astimezone(zone_named(timezone))
    return Parts(
        date=local.date().isoformat(),
        year=local.year,
        month=local.month,
        day=local.day,
        hour=local.hour,
        minute=local.minute,
        second=local.second + local.microsecond / 1e6,
        weekday=local.isoweekday(),
        week=local.isocalendar().week,
        day_of_year=local.timetuple().tm_yday,
    )
