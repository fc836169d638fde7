"""Time zones by their names."""

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from persistentai_lab.errors import NodeError

ZoneName = Annotated[str, Field(min_length=1, max_length=100)]
"""A name such as `Europe/Berlin` or `UTC`."""


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        NodeError: There is none; names that look alike are named.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such file, a path that leads elsewhere, a folder
        known = available_timezones()
        like = get_close_matches(name, known, n=3, cutoff=0.5)
        like += sorted(zone for zone in known if zone.rpartition("/")[2].lower() == name.lower())
        hint = f"Did you mean {' or '.join(map(repr, dict.fromkeys(like)))}?" if like else (
            "Write one such as 'Europe/Berlin' or 'UTC'."
        )  # fmt: skip
        raise NodeError(f"There is no time zone {name!r}.", remedy=hint) from None


def placed(local: datetime, name: str) -> datetime:
    """A time without a zone, in this zone. One that comes twice in autumn is the first.

    Raises:
        NodeError: There is no such zone, or clocks pass over this time in spring.
    """
    moment = local.replace(tzinfo=zone_named(name))
    try:
        shown = settled(moment)
    except OverflowError:
        raise NodeError(f"{local.isoformat()} lies outside of the calendar.") from None
    if shown.replace(tzinfo=None) != local:
        raise NodeError(
            f"In {name}, there is no {local.isoformat(' ')}: clocks pass over it.",
            remedy="It may be meant in another time zone.",
        )
    return moment


def settled(moment: datetime) -> datetime:
    """A time that clocks pass over, moved to the one that they show instead."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)
