"""Text to a moment in time."""

import re
from datetime import datetime

from pydantic import AwareDatetime

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.dates.zone import ZoneName, placed
from persistentai_lab.errors import NodeError


@block(
    title="Parse date",
    effect="pure",
    examples=(
        Example(inputs={"text": "2026-03-01T12:30:00+01:00"}, output="2026-03-01T12:30:00+01:00"),
        Example(
            inputs={
                "text": "1.7.2026 12:30",
                "pattern": "%d.%m.%Y %H:%M",
                "timezone": "Europe/Berlin",
            },
            output="2026-07-01T12:30:00+02:00",
        ),
    ),
)
def parse(
    text: str, pattern: str | None = None, *, timezone: ZoneName | None = None
) -> AwareDatetime:
    """Read a date, or a date and time, from text.

    Args:
        text: ISO 8601, such as `2026-03-01` or `2026-03-01T12:30Z`, unless a pattern is given. A
            date alone is its first moment.
        pattern: How the text is written, as in Python: `%d.%m.%Y %H:%M`.
        timezone: Where the clock stands whose time this is, such as `Europe/Berlin`: for a text
            that doesn't say so by itself.

    Returns:
        A moment, with its offset from UTC.

    Raises:
        NodeError: The text is written in another way, says no time zone and none is given, or names
            a time that clocks pass over.
    """
    try:
        moment = (
            datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)
        )
    except (ValueError, OverflowError, KeyError, re.error) as problem:  # re: `%Y %Y`
        raise NodeError(
            f"{text[:100]!r} is not written as "
            f"{'ISO 8601 says' if pattern is None else repr(pattern)}: {problem}.",
            remedy="Say how it is written: `pattern`, such as '%d.%m.%Y'.",
        ) from None
    if moment.tzinfo is not None:
        return moment
    if timezone is None:
        raise NodeError(
            f"{text!r} does not say its time zone.",
            remedy="Set `timezone`, such as 'Europe/Berlin' or 'UTC'.",
        )
    return placed(moment, timezone)
