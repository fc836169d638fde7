import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.random import number
from persistentai_lab.errors import NodeError
from tests.fakes import FakeContext

seeds = st.integers(0, 2**64 - 1)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), seeds)
def test_lies_between_the_two(low: float, width: float, seed: int) -> None:
    assert low <= number(low, low + width, seed=seed, ctx=FakeContext()) <= low + width


@given(st.integers(-9, 9), st.integers(0, 9), seeds)
def test_a_whole_number_may_be_either_end(low: int, width: int, seed: int) -> None:
    drawn = number(low - 0.5, low + width + 0.5, whole=True, seed=seed, ctx=FakeContext())

    assert drawn in range(low, low + width + 1)


def test_the_seed_decides_and_without_one_the_run_does() -> None:
    assert number(seed=1, ctx=FakeContext(seed=1)) == number(seed=1, ctx=FakeContext(seed=2))
    assert number(ctx=FakeContext(seed=1)) == number(ctx=FakeContext(seed=1))
    assert number(ctx=FakeContext(seed=1)) != number(ctx=FakeContext(seed=2))
    assert number(1, 6, whole=True, seed=7, ctx=FakeContext()) == number.examples[0].output


def test_where_no_number_lies_is_refused() -> None:
    with pytest.raises(NodeError, match=r"no whole number from 1\.2 to 1\.8"):
        number(1.2, 1.8, whole=True, ctx=FakeContext())
    with pytest.raises(NodeError, match="2 is more than 1"):
        number(2, 1, ctx=FakeContext())
