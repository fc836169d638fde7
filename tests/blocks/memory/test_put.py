from persistentai_lab.blocks.memory import put
from persistentai_lab.flow.signature import Effect
from tests.fakes import FakeContext


def test_writes_one_record_and_hands_the_value_on() -> None:
    ctx = FakeContext(records={"k": "old"})

    assert put("k", {"n": 1}, ctx=ctx) == {"n": 1}

    assert ctx.memory.records == {"k": {"n": 1}}
    assert ctx.memory.writes == [("put", "k", {"n": 1})]


def test_says_which_record_it_writes_so_that_conflicts_are_found_before_anything_runs() -> None:
    assert put.signature.effect is Effect.STORE
    assert put.signature.record_key == "key"
