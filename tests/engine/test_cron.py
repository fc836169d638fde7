"""Times of cron expressions, where clocks change too."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.engine.triggers.cron import ScheduleInvalid, in_words, read_cron

BERLIN = "Europe/Berlin"


def times(text: str, since: str, count: int, zone: str = BERLIN) -> list[str]:
    cron, at, found = read_cron(text, zone), datetime.fromisoformat(since), []
    for _ in range(count):
        at = cron.after(at)
        found.append(f"{at.astimezone(cron.zone):%d %H:%M%z}")
    return found


def test_a_time_that_a_day_does_not_have_comes_once_when_the_clock_goes_forward() -> None:
    assert times("30 2 * * *", "2026-03-28T12:00+01:00", 2) == ["29 03:00+0200", "30 02:30+0200"]
    assert times("*/15 * * * *", "2026-03-29T01:40+01:00", 3) == [
        "29 01:45+0100",
        "29 03:00+0200",
        "29 03:15+0200",
    ]


def test_a_time_that_a_day_has_twice_comes_once_unless_no_hour_is_named() -> None:
    assert times("30 2 * * *", "2026-10-24T12:00+02:00", 2) == ["25 02:30+0200", "26 02:30+0100"]
    assert times("0,30 2 * * *", "2026-10-25T02:10+02:00", 2) == ["25 02:30+0200", "26 02:00+0100"]
    assert times("*/30 * * * *", "2026-10-25T01:45+02:00", 5) == [
        "25 02:00+0200",
        "25 02:30+0200",
        "25 02:00+0100",
        "25 02:30+0100",
        "25 03:00+0100",
    ]


def test_a_day_that_a_place_left_out_has_no_firing() -> None:
    assert times("0 0 * * *", "2011-12-29T05:00-10:00", 2, "Pacific/Apia") == [
        "31 00:00+1400",
        "01 00:00+1400",
    ]


@given(
    minutes=st.integers(0, 60 * 24 * 800),
    text=st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 * * * *", "15 1-3 * * sun", "@daily"]),
    zone=st.sampled_from([BERLIN, "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"]),
)
def test_times_only_go_forward_and_the_last_one_is_found_again(
    minutes: int, text: str, zone: str
) -> None:
    cron = read_cron(text, zone)
    at = datetime(2016, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = [at]
    for _ in range(6):
        found.append(cron.after(found[-1]))

    assert all(a < b for a, b in pairwise(found))
    assert cron.last(found[-1]) == found[-1]
    assert cron.last(found[-1] - timedelta(seconds=1)) == cron.last(found[-2])


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("", "UTC"),
        ("61 * * * *", "UTC"),
        ("* * * * * *", "UTC"),
        ("0 0 31 2 *", "UTC"),
        ("@reboot", "UTC"),
        ("* * * * *", "Europe/Atlantis"),
        ("* * * * *", "../passwd"),
    ],
)
def test_what_says_no_time_is_refused_with_a_remedy(text: str, zone: str) -> None:
    with pytest.raises(ScheduleInvalid) as refused:
        read_cron(text, zone)

    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30 7 * * mon-fri", "At 07:30, Monday through Friday"),
        ("0 9 * * *", "At 09:00, every day"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("*/45 * * * *", "At 0 and 45 minutes past the hour"),
        ("0 */10 * * *", "At 00:00, 10:00 and 20:00, every day"),
        ("0 8 * * 0", "At 08:00, only on Sunday"),
    ],
)
def test_an_expression_is_told_in_words(text: str, words: str) -> None:
    assert in_words(text) == words
