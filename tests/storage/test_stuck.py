"""Runs that nothing will move again are found by what there is, and no other run is."""

import asyncio
from collections.abc import Callable

import pytest

from persistentai_lab.engine.legs import leg_id
from persistentai_lab.storage.pool import make_pool
from persistentai_lab.storage.runs import Runs
from tests.runtime import ME, Runtime, flow, node


@pytest.fixture
def runtime(tmp_path: object, make_database: Callable[[], str]) -> Runtime:
    runtime = Runtime(tmp_path, make_database())  # type: ignore[arg-type]
    return runtime  # not as a context: its end would complain of what these tests do


def stuck(runtime: Runtime) -> list[str]:
    async def ask() -> list[str]:
        async with make_pool(runtime.database_url, name="test", min_size=1, max_size=1) as pool:
            return [run.run_id for run in await Runs(pool).newest(ME.workspace, stuck=True)]

    return asyncio.run(ask())


def changed(runtime: Runtime, statement: str, *values: object) -> None:
    runtime.rows(f"{statement} RETURNING 1", *values)


ADD = flow(node("one", "numbers.add", left=1, right=1))


def test_queued_and_paused_runs_are_not_stuck_however_old_and_whatever_the_clock_says(
    runtime: Runtime,
) -> None:
    runtime.start(ADD)
    runtime.start(ADD, paused=True)
    for moment in ("now() - interval '10 years'", "now() + interval '10 years'"):
        changed(runtime, f"UPDATE pai.run SET created_at = {moment}")

        assert stuck(runtime) == []


@pytest.mark.parametrize("status", ["queued", "running"])
@pytest.mark.parametrize("leg", ["SUCCESS", "ERROR", "CANCELLED", None])
def test_a_run_whose_leg_is_over_or_gone_is_stuck(
    runtime: Runtime, status: str, leg: str | None
) -> None:
    run, other = runtime.start(ADD), runtime.start(ADD)
    changed(runtime, "UPDATE pai.run SET status = %s WHERE id = %s", status, run)
    if leg is None:
        changed(
            runtime, "DELETE FROM dbos.workflow_status WHERE workflow_uuid = %s", leg_id(run, 1)
        )
    else:
        statement = "UPDATE dbos.workflow_status SET status = %s WHERE workflow_uuid = %s"
        changed(runtime, statement, leg, leg_id(run, 1))

    assert stuck(runtime) == [run]
    assert other not in stuck(runtime)


def test_a_run_that_waits_for_nothing_is_stuck(runtime: Runtime) -> None:
    run = runtime.start(ADD)
    changed(runtime, "UPDATE pai.run SET status = 'waiting' WHERE id = %s", run)
    assert stuck(runtime) == [run]

    changed(
        runtime,
        "INSERT INTO pai.question (workspace, id, run, path, node, attempt, text, choices, owner, "
        "caller) VALUES ('default', 'q', %s, 'one', 'one', 1, 'so?', '[]', 'ada', 'ada')",
        run,
    )
    assert stuck(runtime) == []

    changed(runtime, "UPDATE pai.question SET answer = '{}' WHERE run = %s", run)
    assert stuck(runtime) == [run]
