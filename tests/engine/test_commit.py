"""The one statement: fenced, all or nothing, and known again when it is sent twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.engine.legs import leg_id
from persistentai_lab.engine.records.batch import Batch, EventRow, QuestionRow, RunChange, StepRow
from persistentai_lab.engine.records.commit import Fenced, RecordWrite
from persistentai_lab.engine.records.recorder import Recorder
from persistentai_lab.engine.records.writer import Writer
from persistentai_lab.ids import RunId
from persistentai_lab.storage.hints import Hints
from persistentai_lab.storage.pool import make_pool
from tests.runtime import Runtime, flow, node, until

AT = "2026-11-23T12:00:00+00:00"


def step(path: str, status: str = "completed", attempt: int = 1, **values: Any) -> StepRow:
    return StepRow(path, attempt, path, "a.b", 1, "read", status, started_at=AT, **values)  # type: ignore[arg-type]


def event(body: str = '{"type":"node.logged"}') -> EventRow:
    return EventRow(AT, body)


@dataclass
class Claimed:
    """A run whose first leg is claimed with the token `x`, without any worker."""

    runtime: Runtime
    run: RunId

    def record(self, work: Callable[[Recorder], Awaitable[None]], token: str = "x") -> None:
        async def main() -> None:
            url = self.runtime.database_url
            async with make_pool(url, name="test", min_size=1, max_size=2) as pool:
                writer = Writer(pool, Hints(url))
                recorder = Recorder(writer, run=self.run, leg=1, owner_xid=token, worker="w")
                try:
                    await work(recorder)
                    await recorder.close()
                finally:
                    recorder.abandon()
                    await writer.close()

        asyncio.run(main())

    def commit(self, *batches: Batch, token: str = "x") -> None:
        async def each(recorder: Recorder) -> None:
            for batch in batches:
                await recorder.commit(batch)

        self.record(each, token)

    def take_away(self) -> None:
        self.runtime.rows(
            "UPDATE dbos.workflow_status SET owner_xid = 'y' WHERE workflow_uuid = %s RETURNING 1",
            leg_id(self.run, 1),
        )


@pytest.fixture
def claimed(runtime: Runtime) -> Claimed:
    run = runtime.start(flow(node("a", "numbers.add", left=1, right=1)))
    runtime.rows("UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x' RETURNING 1")
    return Claimed(runtime, run)


def test_steps_and_events_get_their_positions_in_one_commit(claimed: Claimed) -> None:
    claimed.commit(Batch(steps=[step("s0/a")], events=[event(), event()]), Batch(events=[event()]))

    events = claimed.runtime.events(claimed.run)
    assert [row["seq"] for row in events] == [1, 2, 3, 4, 5, 6]
    assert claimed.runtime.run(claimed.run)["seq"] == 6
    assert [row["path"] for row in claimed.runtime.steps(claimed.run)] == ["s0/a"]


def test_who_lost_the_leg_writes_nothing(claimed: Claimed) -> None:
    claimed.take_away()

    with pytest.raises(Fenced):
        claimed.commit(
            Batch(
                steps=[step("s0/a")],
                events=[event()],
                records=[RecordWrite("k", "put", 1, "s0/a")],
                run=RunChange("completed"),
            )
        )

    assert claimed.runtime.steps(claimed.run) == []
    assert claimed.runtime.record("k") is None
    assert len(claimed.runtime.events(claimed.run)) == 3
    assert claimed.runtime.run(claimed.run)["status"] == "queued"


def lose_first_answer(patch: pytest.MonkeyPatch) -> list[object]:
    """The first commit arrives, and nobody hears of it. Returns those whose answer was lost."""
    executed = psycopg.AsyncConnection.execute
    lost: list[object] = []

    async def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        cursor = await executed(self, query, *args, **kwargs)
        if "INSERT INTO pai.event" in str(query) and not lost:
            lost.append(query)
            raise psycopg.OperationalError("connection is bad: no answer")
        return cursor

    patch.setattr(psycopg.AsyncConnection, "execute", execute)
    return lost


def test_a_commit_sent_twice_is_one(claimed: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a connection that broke between the commit and its answer."""
    lost = lose_first_answer(monkeypatch)
    claimed.commit(Batch(events=[event()], records=[RecordWrite("k", "append", [1], "p")]))

    assert lost
    assert len(claimed.runtime.events(claimed.run)) == 4
    assert claimed.runtime.record("k") == [1]


def test_an_end_sent_twice_is_one(claimed: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first takes the fence away that the second would need."""
    lost = lose_first_answer(monkeypatch)
    ended = []

    async def end(recorder: Recorder) -> None:
        await recorder.commit(Batch(events=[event()], run=RunChange("completed")))
        ended.append(recorder.has_ended)

    claimed.record(end)

    assert lost
    assert ended == [True]
    assert len(claimed.runtime.events(claimed.run)) == 4
    assert claimed.runtime.run(claimed.run)["status"] == "completed"
    (leg,) = claimed.runtime.rows("SELECT status, owner_xid FROM dbos.workflow_status")
    assert leg == {"status": "SUCCESS", "owner_xid": None}


def test_what_rides_along_is_written_before_what_comes_after(claimed: Claimed) -> None:
    async def ride_then_commit(recorder: Recorder) -> None:
        recorder.ride(Batch(steps=[step("s0/a", "started")], events=[event('{"type":"1"}')]))
        await recorder.commit(Batch(steps=[step("s0/a")], events=[event('{"type":"2"}')]))
        recorder.ride(Batch(events=[event('{"type":"3"}')]))

    claimed.record(ride_then_commit)

    kinds = [row["body"]["type"] for row in claimed.runtime.events(claimed.run)]
    assert kinds[3:] == ["1", "2", "3"]
    assert [row["status"] for row in claimed.runtime.steps(claimed.run)] == ["completed"]


def test_a_step_cannot_be_recorded_twice(claimed: Claimed) -> None:
    claimed.commit(Batch(steps=[step("s0/a")]))

    with pytest.raises(psycopg.errors.UniqueViolation):
        claimed.commit(Batch(steps=[step("s0/a", attempt=2)]))


def test_values_come_back_byte_for_byte(claimed: Claimed) -> None:
    odd = '{"b":1,"a":{"json":"\\u0000 \\ud800 \'%s$1"},"big":12345678901234567890123}'
    claimed.commit(
        Batch(steps=[step("s0/a", outputs=odd)], events=[event(f'{{"type":"x","v":{odd}}}')])
    )

    (row,) = claimed.runtime.rows("SELECT outputs::text FROM pai.step")
    assert row["outputs"] == odd


def test_records_are_put_and_appended_in_order(claimed: Claimed) -> None:
    claimed.commit(
        Batch(
            records=[
                RecordWrite("list", "append", [1], "p"),
                RecordWrite("list", "append", [2, 3], "p"),
                RecordWrite("value", "put", {"a": 1}, "p"),
            ]
        ),
        Batch(
            records=[
                RecordWrite("list", "append", [4], "p"),
                RecordWrite("value", "put", [0], "p"),
                RecordWrite("value", "append", [1], "p"),
            ]
        ),
    )

    assert claimed.runtime.record("list") == [1, 2, 3, 4]
    assert claimed.runtime.record("value") == [0, 1]
    revisions = claimed.runtime.rows("SELECT key, revision FROM pai.record ORDER BY key")
    assert [row["revision"] for row in revisions] == [3, 3]


def test_a_run_parks_only_while_its_question_has_no_answer(claimed: Claimed) -> None:
    parked: list[bool] = []

    async def ask_and_park(recorder: Recorder) -> None:
        await recorder.commit(Batch(questions=[QuestionRow("q", "p", "a", 1, "so?", ["yes"])]))
        parked.append(await recorder.park(Batch(run=RunChange("waiting")), ["q"]))

    async def park(recorder: Recorder) -> None:
        parked.append(await recorder.park(Batch(run=RunChange("waiting")), ["q"]))

    claimed.record(ask_and_park)
    assert claimed.runtime.run(claimed.run)["status"] == "waiting"
    claimed.runtime.rows("UPDATE pai.run SET status = 'running' RETURNING 1")
    claimed.runtime.answer(claimed.run, "q", "yes")
    claimed.record(park)

    assert parked == [True, False]
    assert claimed.runtime.run(claimed.run)["status"] == "running"


def test_what_cannot_be_sent_is_told_to_whoever_waits(claimed: Claimed) -> None:
    with pytest.raises(UnicodeEncodeError):
        claimed.commit(Batch(events=[event('{"type":"\udcff"}')]))


def test_of_two_runs_that_wait_for_each_others_records_both_go_on(claimed: Claimed) -> None:
    claimed.commit(Batch(records=[RecordWrite(key, "put", [], "p") for key in "ab"]))
    append = "UPDATE pai.record SET value = value || '[\"other\"]' WHERE key = %s"

    async def in_the_way(recorder: Recorder) -> None:
        url = claimed.runtime.database_url
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
            await other.execute("SET deadlock_timeout = '60s'")  # the victim is the recorder
            async with other.transaction():
                await other.execute(append, ["b"])
                writes = [RecordWrite(key, "append", ["mine"], "p") for key in "ab"]
                committing = asyncio.create_task(recorder.commit(Batch(records=writes)))
                await asyncio.to_thread(until, lambda: waiting(claimed.runtime), "it waits for b")
                await other.execute(append, ["a"])
            await committing

    claimed.record(in_the_way)

    assert claimed.runtime.record("a") == ["other", "mine"]
    assert claimed.runtime.record("b") == ["other", "mine"]


def waiting(runtime: Runtime) -> bool:
    """Whether somebody waits for a lock in the test's database."""
    return bool(
        runtime.rows(
            "SELECT 1 FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


writes = st.builds(
    lambda mode, value: RecordWrite("k", mode, value if mode == "put" else [value], "p"),
    st.sampled_from(["put", "append"]),
    st.one_of(st.integers(), st.lists(st.integers(), max_size=3)),
)


def applied(value: object, write: RecordWrite) -> object:
    """What a write does to a value, said plainly."""
    if write.mode == "put":
        return write.value
    before = [] if value is None else value if isinstance(value, list) else [value]
    return [*before, *write.value]  # type: ignore[misc]


@given(st.one_of(st.none(), st.integers(), st.lists(st.integers())), st.lists(writes, min_size=1))
def test_merged_writes_do_what_they_do_one_by_one(start: object, many: list[RecordWrite]) -> None:
    merged = many[0]
    one_by_one = applied(start, many[0])
    for write in many[1:]:
        merged = merged.then(write)
        one_by_one = applied(one_by_one, write)

    assert applied(start, merged) == one_by_one
    assert merged.writes == len(many)
