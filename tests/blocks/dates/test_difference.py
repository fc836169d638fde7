from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.dates import add, difference, parse

moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments, moments)
def test_there_is_as_far_as_back_and_adding_it_leads_there(start: datetime, end: datetime) -> None:
    assert difference(start, end) == -difference(end, start)
    there = add(start, seconds=difference(start, end, "seconds"))
    assert abs((there - end).total_seconds()) < 1e-5


def test_a_day_on_which_clocks_are_changed_has_23_hours() -> None:
    start = parse("2026-03-29", timezone="Europe/Berlin")
    end = parse("2026-03-30", timezone="Europe/Berlin")

    assert difference(start, end, "hours") == pytest.approx(23)
