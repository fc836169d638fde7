import asyncio

from persistentai_lab.blocks.records import append
from tests.fakes import FakeContext


def test_adds_to_the_end_of_a_list_that_is_empty_at_first() -> None:
    ctx = FakeContext()

    async def twice() -> object:
        await append("k", 1, ctx=ctx)
        await append("k", [2], ctx=ctx)
        return await ctx.memory.records.get("k")

    assert asyncio.run(twice()) == [1, [2]]


def test_says_which_record_it_writes() -> None:
    assert append.signature.record_key == "key"
