"""How long from here to there."""

from datetime import UTC
from typing import Literal

from pydantic import AwareDatetime

from persistentai_lab.blocks import Example, block

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


@block(
    title="Difference of dates",
    effect="pure",
    examples=(
        Example(
            inputs={
                "start": "2026-01-01T00:00:00Z",
                "end": "2026-01-01T13:00:00+01:00",
                "unit": "days",
            },
            output=0.5,
        ),
    ),
)
def difference(
    start: AwareDatetime,
    end: AwareDatetime,
    unit: Literal["seconds", "minutes", "hours", "days", "weeks"] = "days",
) -> float:
    """Measure the time between two moments, as a stopwatch would. A day has 24 hours.

    Args:
        start: Date and time with an offset from UTC.
        end: Another; an earlier one makes the result negative.
        unit: In which the time is measured.

    Returns:
        A number in that unit.
    """
    # In UTC: two times of one zone are subtracted by Python as if its clocks were never changed.
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / _SECONDS[unit]
