"""A moment in time to text."""

import re
from typing import Annotated

from pydantic import AwareDatetime, Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.dates.zone import ZoneName, zone_named
from persistentai_lab.errors import NodeError

_KNOWN = "YmdHMSfyjBbAaIpuUWVGzZ%"
"""Letters that mean the same on every machine. Names of months and days are English."""


@block(
    title="Format date",
    effect="pure",
    examples=(
        Example(
            inputs={
                "moment": "2026-07-01T10:30:00Z",
                "pattern": "%A, %d %B %Y, %H:%M",
                "timezone": "Europe/Berlin",
            },
            output="Wednesday, 01 July 2026, 12:30",
        ),
    ),
)
def format(
    moment: AwareDatetime,
    pattern: Annotated[str, Field(max_length=500)] = "%Y-%m-%d %H:%M",
    *,
    timezone: ZoneName = "UTC",
) -> str:
    """Write a moment as the clocks of some place show it.

    Args:
        moment: Date and time with an offset from UTC.
        pattern: How it is written, as in Python: `%Y` year, `%m` month, `%d` day, `%H:%M` time,
            `%B` name of the month, `%A` of the day, `%V` ISO week, `%z` offset.
        timezone: Whose clocks, such as `Europe/Berlin`.

    Returns:
        The text.

    Raises:
        NodeError: There is no such time zone, or the pattern has an unknown letter.
    """
    letters = re.findall(r"%(.|$)", pattern, re.DOTALL)
    unknown = [letter for letter in letters if not letter or letter not in _KNOWN]
    if unknown:
        raise NodeError(
            f"The pattern holds {f'%{unknown[0]}'!r}, which means nothing.",
            remedy=f"Known is: {' '.join(f'%{letter}' for letter in _KNOWN)}.",
        )
    try:
        return moment.astimezone(zone_named(timezone)).strftime(pattern)
    except (OverflowError, ValueError, UnicodeEncodeError) as problem:
        raise NodeError(f"{moment.isoformat()} cannot be written so: {problem}.") from None
