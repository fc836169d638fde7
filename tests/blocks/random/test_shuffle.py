from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.random import shuffle
from tests.fakes import FakeContext


@given(st.lists(st.integers()), st.integers(0, 2**64 - 1))
def test_keeps_every_item_and_leaves_the_list_alone(items: list[Any], seed: int) -> None:
    before = list(items)

    assert sorted(shuffle(items, seed=seed, ctx=FakeContext())) == sorted(items)
    assert items == before


def test_the_seed_decides_and_without_one_the_run_does() -> None:
    many = list(range(100))

    assert shuffle(many, seed=1, ctx=FakeContext(seed=1)) == shuffle(
        many, seed=1, ctx=FakeContext()
    )
    assert shuffle(many, ctx=FakeContext(seed=1)) != shuffle(many, ctx=FakeContext(seed=2))
    assert shuffle([1, 2, 3, 4], seed=7, ctx=FakeContext()) == shuffle.examples[0].output
