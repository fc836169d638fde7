from datetime import UTC, datetime

import pytest

from persistentai_lab.blocks.dates import format as format_date
from persistentai_lab.errors import NodeError

MOMENT = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_writes_what_the_clocks_there_show() -> None:
    assert format_date(MOMENT) == "2026-12-31 23:30"
    assert format_date(MOMENT, "%d. %B %Y 100%%", timezone="Asia/Tokyo") == "01. January 2027 100%"


@pytest.mark.parametrize("pattern", ["%Q", "%-d", "50%", "%\n", "%s"])
def test_letters_that_mean_nothing_or_differ_by_machine_are_refused(pattern: str) -> None:
    with pytest.raises(NodeError, match=r"which means nothing.*Known is: %Y"):
        format_date(MOMENT, pattern)


def test_an_unknown_time_zone_and_a_year_that_is_none_are_refused() -> None:
    with pytest.raises(NodeError, match="no time zone 'Mars'"):
        format_date(MOMENT, timezone="Mars")
    with pytest.raises(NodeError, match="cannot be written so"):
        format_date(datetime(9999, 12, 31, 23, tzinfo=UTC), timezone="Asia/Tokyo")


def test_a_moment_without_an_offset_never_reaches_the_body() -> None:
    from persistentai_lab.errors import WrongType
    from persistentai_lab.flow.payload import Payload

    with pytest.raises(WrongType, match="moment"):
        format_date.load_inputs({"moment": Payload(b'"2026-01-01T00:00:00"')})
