from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.dates import format as format_date
from persistentai_lab.blocks.dates import parse
from persistentai_lab.errors import NodeError


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_what_was_written_is_read_back(moment: datetime) -> None:
    pattern = "%d.%m.%Y %H:%M:%S.%f %z"

    assert parse(moment.isoformat()) == moment
    assert parse(format_date(moment, pattern), pattern) == moment


@pytest.mark.parametrize(
    ("text", "timezone", "iso"),
    [
        ("2026-07-01", "Europe/Berlin", "2026-07-01T00:00:00+02:00"),
        ("2026-01-01T12:00Z", "Europe/Berlin", "2026-01-01T12:00:00+00:00"),
        ("2026-W01-1", "UTC", "2025-12-29T00:00:00+00:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"),  # the first of two
        ("1800-01-01", "Europe/Berlin", "1800-01-01T00:00:00+00:53:28"),
    ],
)
def test_a_time_zone_is_for_what_does_not_say_its_own(text: str, timezone: str, iso: str) -> None:
    assert parse(text, timezone=timezone).isoformat() == iso


@pytest.mark.parametrize(
    ("text", "pattern", "timezone", "message"),
    [
        ("2026-01-01", None, None, "does not say its time zone.*Set `timezone`"),
        ("1.2.2026", None, "UTC", "not written as ISO 8601 says"),
        ("2026-02-30", None, "UTC", "not written as ISO"),
        ("32.1.2026", "%d.%m.%Y", "UTC", "not written as '%d.%m.%Y'"),
        ("x", "%Q", "UTC", "not written as '%Q'"),
        ("2026", "%Y %Y", "UTC", "not written as"),
        ("2026-03-29T02:30", None, "Europe/Berlin", "no 2026-03-29 02:30:00: clocks pass over"),
        ("2026-01-01", None, "Europe/Berlinn", "no time zone 'Europe/Berlinn'.*'Europe/Berlin'"),
        ("2026-01-01", None, "berlin", "Did you mean .*'Europe/Berlin'"),
        ("2026-01-01", None, "../../etc/passwd", "no time zone"),
        ("2026-01-01", None, "Europe", "no time zone"),
        ("0001-01-01", None, "Asia/Tokyo", "outside of the calendar"),
    ],
)
def test_what_is_no_moment_is_refused(
    text: str, pattern: str | None, timezone: str | None, message: str
) -> None:
    with pytest.raises(NodeError, match=message):
        parse(text, pattern, timezone=timezone)
