from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.dates import parts
from persistentai_lab.errors import NodeError


@given(st.datetimes(timezones=st.just(UTC)))
def test_the_parts_are_the_moment(moment: datetime) -> None:
    found = parts(moment)

    assert found.date == moment.date().isoformat()
    assert datetime.fromisocalendar(
        moment.isocalendar().year, found.week, found.weekday
    ).date() == (moment.date())
    assert found.second == pytest.approx(moment.second + moment.microsecond / 1e6)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(NodeError, match="no time zone"):
        parts(datetime(2026, 1, 1, tzinfo=UTC), timezone="Nowhere/City")
