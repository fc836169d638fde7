import asyncio

from persistentai_lab.blocks.records import put
from persistentai_lab.flow.signature import Effect
from persistentai_lab.memory.records.asks import PutRecord
from tests.fakes import FakeContext


def test_writes_one_record_and_hands_the_value_on() -> None:
    ctx = FakeContext(records={"k": "old"})

    assert asyncio.run(put("k", {"n": 1}, ctx=ctx)) == {"n": 1}

    assert ctx.memory.commands == [PutRecord(key="k", value={"n": 1})]
    assert asyncio.run(ctx.memory.records.get("k")) == {"n": 1}


def test_says_which_record_it_writes_so_that_conflicts_are_found_before_anything_runs() -> None:
    assert put.signature.effect is Effect.STORE
    assert put.signature.record_key == "key"
