from persistentai_lab.blocks.time import now
from persistentai_lab.flow.signature import Effect
from tests.fakes import FakeContext


def test_reads_the_clock_of_the_run_and_is_recorded() -> None:
    ctx = FakeContext()

    assert now(ctx=ctx) == ctx.now()
    assert now.signature.effect is Effect.READ
    assert now.dump_outputs(now(ctx=ctx))["result"].data == b'"2026-01-01T00:00:00Z"'
