from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.lists import of
from persistentai_lab.flow.payload import Payload


@given(st.lists(st.none() | st.integers() | st.text() | st.just({}), min_size=1, max_size=8))
def test_makes_a_list_of_all_that_is_given_null_included(items: list[Any]) -> None:
    assert of(*items) == items


def test_what_is_not_given_is_left_out_also_when_it_comes_over_the_wire() -> None:
    inputs = of.load_inputs({"a": Payload(b"1"), "c": Payload(b"null")})

    assert of(**inputs) == [1, None]
