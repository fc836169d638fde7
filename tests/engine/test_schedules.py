"""Schedules: each firing starts one run, whoever looks, and whatever crashes in between."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from persistentai_lab.engine.triggers.cron import read_cron
from persistentai_lab.engine.triggers.schedules import (
    ScheduleInPast,
    ScheduleInvalid,
    ScheduleNotFound,
    When,
    due,
)
from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.model import FlowInput, FlowSpec
from persistentai_lab.ids import Json
from tests.runtime import ME, Runtime, flow, ledger_module, mine, node, until

ADD = flow(node("a", "numbers.add", left=1, right=2), outputs={"sum": "a"})
SLOT = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
HOURLY = When(cron=f"{SLOT.minute} * * * *")
"""Its last time was a minute ago; the next one is far off, whenever within a minute this runs."""


def schedule(runtime: Runtime, when: When = HOURLY, spec: FlowSpec = ADD, **inputs: Json) -> None:
    making = runtime.triggers.schedule("each", when, spec, inputs, (ledger_module(),), ME)
    asyncio.run(making)


def fire(runtime: Runtime) -> list[str]:
    return asyncio.run(runtime.triggers.fire()) or []


def missed(runtime: Runtime) -> None:
    """As if no worker had lived when the last time came."""
    runtime.rows("UPDATE pai.schedule SET next_at = %s RETURNING 1", SLOT)


def row(runtime: Runtime) -> dict[str, object]:
    return runtime.rows("SELECT *, now() AS now FROM pai.schedule")[0]


def test_a_schedule_starts_a_run_that_says_what_started_it(runtime: Runtime) -> None:
    schedule(runtime)
    assert fire(runtime) == []
    missed(runtime)

    runtime.worker()
    until(lambda: row(runtime)["fired"], "it fires")

    (run,) = [it["id"] for it in runtime.rows("SELECT id FROM pai.run")]
    assert runtime.ended(run)["status"] == "completed"
    (created,) = runtime.events(run, "run.created")
    assert created["body"]["trigger"]["kind"] == "schedule"
    assert created["body"]["trigger"]["name"] == "each"
    assert row(runtime)["last_run"] == run
    assert row(runtime)["next_at"] > row(runtime)["now"]  # type: ignore[operator]


def test_two_that_look_at_once_start_one_run(runtime: Runtime) -> None:
    schedule(runtime)
    missed(runtime)

    async def both() -> list[object]:
        return await asyncio.gather(*(runtime.triggers.fire() for _ in range(4)))

    asyncio.run(both())

    assert len(runtime.rows("SELECT FROM pai.run")) == 1


def test_a_firing_is_one_run_even_if_the_schedule_forgets_that_it_was(runtime: Runtime) -> None:
    schedule(runtime)
    missed(runtime)
    before = row(runtime)["next_at"]
    runtime.rows("UPDATE pai.schedule SET missed = 'all' RETURNING 1")

    first = fire(runtime)
    runtime.rows("UPDATE pai.schedule SET next_at = %s RETURNING 1", before)

    assert fire(runtime) == first
    assert len(runtime.rows("SELECT FROM pai.run")) == len(first) > 0


@pytest.mark.parametrize(("policy", "runs"), [("skip", 0), ("once", 1), ("all", 5)])
def test_what_was_missed_is_made_up_for_as_the_schedule_says(policy: str, runs: int) -> None:
    found = due(
        read_cron("1 * * * *", "UTC"),
        policy,  # type: ignore[arg-type]
        datetime(2026, 1, 1, 5, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 9, 30, tzinfo=UTC),
    )

    assert len(found.fire) == runs
    assert found.next_at == datetime(2026, 1, 1, 10, 1, tzinfo=UTC)


def test_a_year_of_missed_minutes_is_told_in_no_time_and_made_up_for_in_portions() -> None:
    cron, now = read_cron("* * * * *", "UTC"), datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)

    once = due(cron, "once", now - timedelta(days=365), now)
    every = due(cron, "all", now - timedelta(days=365), now)

    assert once.fire == [datetime(2026, 6, 1, 12, tzinfo=UTC)]
    assert len(every.fire) == 100
    assert every.next_at == every.fire[-1] + timedelta(minutes=1)


def test_a_little_late_is_not_missed() -> None:
    cron, at = read_cron("0 9 * * *", "UTC"), datetime(2026, 6, 1, 9, tzinfo=UTC)

    assert due(cron, "skip", at, at + timedelta(seconds=50)).fire == [at]
    assert due(cron, "skip", at, at + timedelta(seconds=90)).skipped == 1


def test_a_schedule_of_one_time_fires_once_and_rests(runtime: Runtime) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    schedule(runtime, When(at=at))
    assert fire(runtime) == []
    missed(runtime)

    assert len(fire(runtime)) == 1

    assert fire(runtime) == []
    assert (row(runtime)["is_on"], row(runtime)["next_at"]) == (False, None)


def test_times_that_never_come_are_refused(runtime: Runtime) -> None:
    for when, refusal in (
        (When(at=datetime(2001, 1, 1, tzinfo=UTC)), ScheduleInPast),
        (When(at=datetime(2101, 1, 1)), ScheduleInvalid),
        (When(), ScheduleInvalid),
        (When(cron="0 0 31 2 *"), ScheduleInvalid),
        (When(cron="0 0 * * *", zone="Nowhere"), ScheduleInvalid),
    ):
        with pytest.raises(refusal) as refused:
            schedule(runtime, when)
        assert refused.value.remedy
    assert runtime.rows("SELECT FROM pai.schedule") == []


def test_inputs_are_checked_when_the_schedule_is_made(runtime: Runtime) -> None:
    spec = ADD.model_copy(update={"inputs": {"n": FlowInput(type={"type": "integer"})}})

    with pytest.raises(FlowInvalid):
        schedule(runtime, spec=spec)
    with pytest.raises(FlowInvalid):
        schedule(runtime, spec=spec, n="three")


def test_making_it_again_keeps_what_is_due_and_takes_the_new_flow(runtime: Runtime) -> None:
    schedule(runtime)
    missed(runtime)
    before = row(runtime)["next_at"]

    two = flow(node("b", mine("odd_text")), node("c", mine("odd_text")), outputs={"it": "b"})
    schedule(runtime, spec=two)

    assert row(runtime)["next_at"] == before
    (run,) = fire(runtime)
    assert runtime.rows("SELECT steps FROM pai.run WHERE id = %s", run)[0]["steps"] == 2
    assert runtime.rows("SELECT module FROM pai.code") == [{"module": ledger_module().name}]


def test_a_schedule_that_rests_fires_nothing_and_makes_up_for_nothing(runtime: Runtime) -> None:
    schedule(runtime, replace(HOURLY, missed="all"))
    asyncio.run(runtime.triggers.switch_schedule("each", ME, on=False))
    missed(runtime)
    assert fire(runtime) == []

    asyncio.run(runtime.triggers.switch_schedule("each", ME, on=True))

    assert fire(runtime) == []
    asyncio.run(runtime.triggers.drop_schedule("each", ME))
    with pytest.raises(ScheduleNotFound):
        asyncio.run(runtime.triggers.drop_schedule("each", ME))


def test_a_schedule_that_cannot_be_read_any_more_rests_and_says_why(runtime: Runtime) -> None:
    schedule(runtime)
    missed(runtime)
    runtime.rows("UPDATE pai.schedule SET zone = 'Europe/Atlantis' RETURNING 1")

    assert fire(runtime) == []

    assert row(runtime)["is_on"] is False
    assert row(runtime)["error"]["code"] == "schedule_invalid"  # type: ignore[index]
