from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import take


@given(st.lists(st.integers()), st.integers(0, 20))
def test_gives_the_beginning_and_never_more_than_there_is(items: list[int], count: int) -> None:
    taken = take(items, count)

    assert len(taken) == min(count, len(items))
    assert items[: len(taken)] == taken
