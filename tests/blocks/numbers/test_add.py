from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.numbers import add


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False))
def test_order_does_not_matter(left: float, right: float) -> None:
    assert add(left, right) == add(right, left)
