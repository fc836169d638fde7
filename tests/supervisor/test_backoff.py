"""How fast something that keeps dying is started again."""

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.supervisor.backoff import LONGEST_S, WELL_AFTER_S, Backoff


def test_at_once_then_half_a_second_doubling_to_thirty() -> None:
    backoff = Backoff()

    delays = [backoff.after_death(well_s=0.1) for _ in range(9)]

    assert delays == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_one_that_was_well_for_a_while_is_forgiven() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after_death(well_s=1)

    assert backoff.after_death(well_s=WELL_AFTER_S) == 0


@given(st.lists(st.floats(0, WELL_AFTER_S, exclude_max=True)))
def test_waits_never_shrink_nor_pass_the_longest(lives: list[float]) -> None:
    backoff = Backoff()

    delays = [backoff.after_death(well_s) for well_s in lives]

    assert delays == sorted(delays)
    assert all(delay <= LONGEST_S for delay in delays)
