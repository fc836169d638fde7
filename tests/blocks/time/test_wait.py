import asyncio

from persistentai_lab.blocks.time import wait
from tests.fakes import FakeContext


def test_sleeps_by_the_context_and_hands_the_value_on() -> None:
    ctx = FakeContext()

    assert asyncio.run(wait([1], 2.5, ctx=ctx)) == [1]

    assert ctx.slept == [2.5]
