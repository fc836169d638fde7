"""Legs of one worker share commits, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from persistentai_lab.engine.legs import leg_id
from persistentai_lab.engine.records import recorder
from persistentai_lab.engine.records.batch import Batch, StepRow
from persistentai_lab.engine.records.commit import Fenced, RecordWrite
from persistentai_lab.engine.records.recorder import Recorder
from persistentai_lab.engine.records.writer import Writer
from persistentai_lab.ids import RunId
from persistentai_lab.storage.hints import Hints
from persistentai_lab.storage.pool import make_pool
from tests.engine.test_commit import event, step
from tests.runtime import Runtime, flow, node

Legs = list[Recorder]


@pytest.fixture
def runs(runtime: Runtime) -> list[RunId]:
    """Three runs whose first legs are claimed with the token `x`, without any worker."""
    started = [runtime.start(flow(node("a", "numbers.add", left=n, right=1))) for n in range(3)]
    runtime.rows("UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x' RETURNING 1")
    return started


def record(runtime: Runtime, runs: list[RunId], work: Callable[[Legs], Awaitable[None]]) -> None:
    """Do `work` with a recorder a run, all of one writer that has one lane."""

    async def main() -> None:
        url = runtime.database_url
        async with make_pool(url, name="test", min_size=1, max_size=2) as pool:
            writer = Writer(pool, Hints(url), lanes=1)
            legs = [Recorder(writer, run=run, leg=1, owner_xid="x", worker="w") for run in runs]
            try:
                await work(legs)
            finally:
                await writer.close()

    asyncio.run(main())


def a_step(number: int = 1) -> Batch:
    return Batch(steps=[step("s0/a", attempt=number)], events=[event(), event()])


def together(legs: Legs, batches: list[Batch]) -> Awaitable[list[BaseException | None]]:
    commits = (leg.commit(batch) for leg, batch in zip(legs, batches, strict=True))
    return asyncio.gather(*commits, return_exceptions=True)


def test_what_several_legs_finish_together_is_one_commit(
    runtime: Runtime, runs: list[RunId]
) -> None:
    async def work(legs: Legs) -> None:
        assert await together(legs, [a_step() for _ in legs]) == [None, None, None]

    record(runtime, runs, work)

    batches = runtime.rows("SELECT DISTINCT batch FROM pai.run WHERE batch IS NOT NULL")
    assert len(batches) == 1
    for run in runs:
        assert [row["seq"] for row in runtime.events(run)] == [1, 2, 3, 4, 5]
        assert [row["path"] for row in runtime.steps(run)] == ["s0/a"]


def test_a_lost_leg_takes_nothing_from_the_others(runtime: Runtime, runs: list[RunId]) -> None:
    runtime.rows(
        "UPDATE dbos.workflow_status SET owner_xid = 'y' WHERE workflow_uuid = %s RETURNING 1",
        leg_id(runs[1], 1),
    )
    results: list[BaseException | None] = []

    async def work(legs: Legs) -> None:
        results.extend(await together(legs, [a_step() for _ in legs]))

    record(runtime, runs, work)

    assert [type(result) for result in results] == [type(None), Fenced, type(None)]
    assert [len(runtime.steps(run)) for run in runs] == [1, 0, 1]


def test_a_lost_leg_that_ran_ahead_hears_of_it_though_nobody_waits(
    runtime: Runtime, runs: list[RunId]
) -> None:
    runtime.rows("UPDATE dbos.workflow_status SET owner_xid = 'y' RETURNING 1")
    heard: list[tuple[bool, bool]] = []

    async def work(legs: Legs) -> None:
        leg = legs[0]
        leg.send(a_step())
        before = leg.is_abreast
        await asyncio.wait([leg.broken])
        heard.append((before, leg.is_abreast))
        with pytest.raises(Fenced):
            await leg.caught_up()

    record(runtime, runs, work)

    assert heard == [(True, False)]
    assert runtime.steps(runs[0]) == []


def test_a_leg_is_abreast_again_when_what_it_sent_is_written(
    runtime: Runtime, runs: list[RunId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "AHEAD_S", 0.0)
    heard: list[bool] = []

    async def work(legs: Legs) -> None:
        leg = legs[0]
        leg.ride(a_step())
        heard.append(leg.is_abreast)  # it is not to be written yet
        leg.send(Batch(steps=[step("s0/b")]))
        heard.append(leg.is_abreast)
        await leg.caught_up()
        heard.append(leg.is_abreast)

    record(runtime, runs, work)

    assert heard == [True, False, True]
    assert len(runtime.steps(runs[0])) == 2


def test_what_one_leg_cannot_write_does_not_stop_the_others(
    runtime: Runtime, runs: list[RunId]
) -> None:
    """A step that is recorded already: the database refuses the whole statement."""
    results: list[BaseException | None] = []

    async def work(legs: Legs) -> None:
        await legs[1].commit(a_step())
        results.extend(await together(legs, [a_step(), a_step(2), a_step()]))

    record(runtime, runs, work)

    assert [type(it) for it in results] == [
        type(None), psycopg.errors.UniqueViolation, type(None)
    ]  # fmt: skip
    assert [len(runtime.steps(run)) for run in runs] == [1, 1, 1]


def test_legs_that_write_one_record_take_turns(runtime: Runtime, runs: list[RunId]) -> None:
    def append(number: int) -> Batch:
        return Batch(records=[RecordWrite("list", "append", [number], "p")])

    async def work(legs: Legs) -> None:
        assert await together(legs, [append(n) for n in range(3)]) == [None, None, None]

    record(runtime, runs, work)

    assert runtime.record("list") == [0, 1, 2]


def test_a_leg_that_is_given_up_writes_nothing_more(runtime: Runtime, runs: list[RunId]) -> None:
    async def work(legs: Legs) -> None:
        legs[0].ride(Batch(steps=[StepRow("s0/b", 1, "b", "a.b", 1, "pure", "completed")]))
        legs[0].abandon()
        legs[0].ride(a_step())
        await legs[1].commit(a_step())

    record(runtime, runs, work)

    assert [len(runtime.steps(run)) for run in runs] == [0, 1, 0]


def test_what_cannot_even_be_said_is_told_to_whoever_waits_and_to_nobody_else(
    runtime: Runtime, runs: list[RunId]
) -> None:
    unsayable = Batch(records=[RecordWrite("k", "put", object(), "p")])  # type: ignore[arg-type]
    results: list[BaseException | None] = []

    async def work(legs: Legs) -> None:
        results.extend(await together(legs, [a_step(), unsayable, a_step()]))

    record(runtime, runs, work)

    assert [type(it) for it in results] == [type(None), TypeError, type(None)]
    assert [len(runtime.steps(run)) for run in runs] == [1, 0, 1]
