from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.numbers import round as round_block


def test_half_way_goes_to_the_even_neighbour() -> None:
    assert [round_block(value) for value in (0.5, 1.5, 2.5)] == [0, 2, 2]


def test_negative_digits_round_whole_places() -> None:
    assert round_block(1234.5, -2) == 1200


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_rounding_again_changes_nothing(value: float, digits: int) -> None:
    once = round_block(value, digits)

    assert round_block(once, digits) == once
    assert abs(once - value) <= 0.5000001 * 10.0**-digits
