import pytest

from persistentai_lab.blocks.random import choice
from persistentai_lab.errors import NodeError
from tests.fakes import FakeContext


def test_every_item_is_drawn_sooner_or_later() -> None:
    assert {choice([1, 2, 3], seed=seed, ctx=FakeContext()) for seed in range(50)} == {1, 2, 3}


def test_the_seed_decides_and_without_one_the_run_does() -> None:
    many = list(range(10**6))

    assert choice(many, seed=1, ctx=FakeContext(seed=1)) == choice(many, seed=1, ctx=FakeContext())
    assert choice(many, ctx=FakeContext(seed=1)) != choice(many, ctx=FakeContext(seed=2))
    assert choice(["a", "b", "c"], seed=7, ctx=FakeContext()) == choice.examples[0].output


def test_of_nothing_nothing_can_be_chosen() -> None:
    with pytest.raises(NodeError, match="nothing to choose from"):
        choice([], ctx=FakeContext())
