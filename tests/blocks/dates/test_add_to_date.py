from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.dates import add, parse
from persistentai_lab.errors import NodeError

moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_what_passes_can_be_taken_back(moment: datetime, hours: int, minutes: int) -> None:
    there = add(moment, hours=hours, minutes=minutes, timezone="Europe/Berlin")

    assert add(there, hours=-hours, minutes=-minutes) == moment


@given(moments, st.integers(-600, 600))
def test_months_keep_the_day_or_stop_at_the_last(moment: datetime, months: int) -> None:
    later = add(moment, months=months)

    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == months
    assert later.day == moment.day or (later.day < moment.day and add(later, days=1).day == 1)


@pytest.mark.parametrize(
    ("start", "by", "end"),
    [
        ("2026-03-28T12:00+01:00", {"days": 1}, "2026-03-29T12:00:00+02:00"),
        ("2026-03-28T12:00+01:00", {"hours": 24}, "2026-03-29T13:00:00+02:00"),
        ("2026-03-28T02:30+01:00", {"days": 1}, "2026-03-29T03:30:00+02:00"),  # passed over
        ("2026-10-25T02:30+02:00", {"hours": 1}, "2026-10-25T02:30:00+01:00"),  # comes twice
        ("2024-02-29T00:00+01:00", {"years": 1}, "2025-02-28T00:00:00+01:00"),
        ("2026-01-31T00:00+01:00", {"months": 1, "weeks": 1}, "2026-03-07T00:00:00+01:00"),
    ],
)
def test_the_calendar_is_that_of_the_place(start: str, by: dict[str, int], end: str) -> None:
    assert add(parse(start), timezone="Europe/Berlin", **by).isoformat() == end  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "by", [{"years": 8000}, {"days": -(10**7)}, {"hours": 1e300}, {"days": 10**30}]
)
def test_a_year_beyond_the_calendar_is_refused(by: dict[str, int]) -> None:
    with pytest.raises(NodeError, match="no such date"):
        add(datetime(2026, 1, 1, tzinfo=UTC), **by)  # type: ignore[arg-type]
