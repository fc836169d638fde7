"""What we rely on of DBOS beyond its public API. Fails loudly when an upgrade changes it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSClient

from persistentai_lab.engine.claim import PRIORITY
from persistentai_lab.engine.legs import (
    APPLICATION,
    END,
    FENCE,
    PROTOCOL,
    QUEUE,
    Executor,
    JsonSerializer,
    LegQueue,
    leg_id,
    sync_engine,
)
from persistentai_lab.ids import RunId
from persistentai_lab.storage.pool import make_pool
from tests.runtime import until


@pytest.fixture
def engine(database_url: str) -> sa.Engine:
    return sync_engine(database_url)


def status(engine: sa.Engine, run: str) -> dict[str, object]:
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT status, owner_xid, executor_id, queue_name FROM dbos.workflow_status "
            "WHERE workflow_uuid = %s",
            (leg_id(run, 1),),
        ).one()
        return dict(row._mapping)


def fenced(engine: sa.Engine, run: str, token: str) -> bool:
    with engine.begin() as connection:
        found = connection.exec_driver_sql(FENCE, {"leg_id": leg_id(run, 1), "owner_xid": token})
        return found.first() is None


def enqueue_with_dbos(engine: sa.Engine, run: str) -> DBOSClient:
    client = DBOSClient(
        system_database_engine=engine,
        serializer=JsonSerializer(),
        application_name=APPLICATION,
        lazy=True,
    )
    with engine.begin() as connection:
        client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": "leg", "queue_name": QUEUE, "queue_partition_key": "w\x1fflow",
                "priority": PRIORITY, "workflow_id": leg_id(run, 1), "app_version": PROTOCOL,
            },
            run,
            1,
        )  # fmt: skip
    return client


def enqueue(engine: sa.Engine, run: str) -> None:
    with engine.begin() as connection:
        LegQueue().enqueue(connection, run, 1, part="w\x1fflow")


@asynccontextmanager
async def launched(engine: sa.Engine, run_leg: object) -> AsyncIterator[Executor]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with make_pool(url, name="test", min_size=1, max_size=2) as pool:
        executor = Executor(engine, pool, "worker-1", run_leg, legs_at_once=10)  # type: ignore[arg-type]
        await executor.launch()
        try:
            yield executor
        finally:
            executor.stop()


def test_a_leg_is_claimed_by_a_wake_with_a_token_that_fences(engine: sa.Engine) -> None:
    enqueue(engine, "r")
    seen: list[tuple[str, int, bool, bool]] = []

    async def main() -> None:
        done = asyncio.Event()

        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            free = await asyncio.to_thread(fenced, engine, run, token)
            stranger = await asyncio.to_thread(fenced, engine, run, "other")
            seen.append((run, leg, free, stranger))
            done.set()
            return False

        async with launched(engine, run_leg) as executor:
            assert await executor.wake() == 1
            assert await executor.wake() == 0
            await asyncio.wait_for(done.wait(), 10)

    asyncio.run(main())
    assert seen == [("r", 1, False, True)]
    assert status(engine, "r")["executor_id"] == "worker-1"
    until(lambda: status(engine, "r")["status"] == "SUCCESS", "the leg's outcome is written")
    assert fenced(engine, "r", str(status(engine, "r")["owner_xid"]))


def test_dbos_looks_after_nothing_of_its_own(engine: sa.Engine) -> None:
    async def main() -> None:
        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            return False

        async with launched(engine, run_leg) as executor:
            threads = executor._dbos._background_threads
            assert len(threads) >= 5, "so many it would have"
            await asyncio.to_thread(
                until, lambda: not any(it.is_alive() for it in threads), "its threads end"
            )

    asyncio.run(main())


def test_our_enqueuing_leaves_what_dbos_would(engine: sa.Engine) -> None:
    differ = {"creator_xid", "created_at", "updated_at", "retention_timestamp"}
    rows = "SELECT * FROM dbos.workflow_status JOIN dbos.workflow_input USING (workflow_uuid)"
    enqueue_with_dbos(engine, "r").destroy()
    found = []
    with engine.begin() as connection:
        found += connection.exec_driver_sql(rows).mappings().all()
        connection.exec_driver_sql("DELETE FROM dbos.workflow_input")
        connection.exec_driver_sql("DELETE FROM dbos.workflow_status")
    enqueue(engine, "r")
    enqueue(engine, "r")
    with engine.connect() as connection:
        found += connection.exec_driver_sql(rows).mappings().all()

    theirs, ours = found
    assert {name: it for name, it in theirs.items() if name not in differ} == {
        name: it for name, it in ours.items() if name not in differ
    }
    assert [name for name in differ if ours[name] is None or theirs[name] is None] == []


def test_our_claim_leaves_in_a_row_what_dbos_would(engine: sa.Engine) -> None:
    differ = {
        "workflow_uuid", "owner_xid", "creator_xid", "created_at", "updated_at",
        "started_at_epoch_ms",
    }  # fmt: skip

    def row(run: str) -> dict[str, object]:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT * FROM dbos.workflow_status WHERE workflow_uuid = %s", (leg_id(run, 1),)
            ).one()
            return {name: it for name, it in found._mapping.items() if name not in differ}

    async def main() -> None:
        hold = asyncio.Event()

        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            await hold.wait()
            return False

        async with launched(engine, run_leg) as executor:
            client = await asyncio.to_thread(enqueue_with_dbos, engine, "theirs")
            queue = await asyncio.to_thread(client.register_queue, QUEUE, polling_interval_sec=3600)
            taken, _ = await asyncio.to_thread(
                executor._dbos._sys_db.start_queued_workflows,
                queue, "worker-1", PROTOCOL, None, owner_xid="x", is_latest_version=None,
            )  # fmt: skip
            assert taken == [leg_id("theirs", 1)]
            await asyncio.to_thread(enqueue, engine, "ours")
            assert await executor.wake() == 1
            try:
                assert await asyncio.to_thread(row, "ours") == await asyncio.to_thread(
                    row, "theirs"
                )
            finally:
                hold.set()

    asyncio.run(main())


def test_our_end_of_a_leg_leaves_what_dbos_would(engine: sa.Engine) -> None:
    differ = {
        "workflow_uuid", "creator_xid", "created_at", "updated_at", "started_at_epoch_ms",
        "completed_at", "retention_timestamp",
    }  # fmt: skip

    def row(run: str) -> dict[str, object]:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT * FROM dbos.workflow_status JOIN dbos.workflow_output USING (workflow_uuid)"
                " WHERE workflow_uuid = %s",
                (leg_id(run, 1),),
            ).one()
            assert found._mapping["completed_at"]
            return {name: it for name, it in found._mapping.items() if name not in differ}

    def leave_an_error(run: RunId) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO dbos.workflow_output (workflow_uuid, error) VALUES (%s, 'of old')",
                (leg_id(run, 1),),
            )

    def both_are_over() -> bool:
        return all(status(engine, run)["status"] == "SUCCESS" for run in ("theirs", "ours"))

    def end(run: RunId, token: str) -> None:
        ours = "ours AS (SELECT %(leg_id)s AS leg_id, %(owner_xid)s AS owner_xid)"
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"WITH {ours}, {END.format(legs='ours')} SELECT",
                {"leg_id": leg_id(run, 1), "owner_xid": token},
            )

    async def main() -> None:
        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            await asyncio.to_thread(leave_an_error, run)
            if run == "theirs":
                return False
            await asyncio.to_thread(end, run, "somebody else's")
            assert status(engine, run)["status"] == "PENDING"
            await asyncio.to_thread(end, run, token)
            return True

        async with launched(engine, run_leg) as executor:
            for run in ("theirs", "ours"):
                await asyncio.to_thread(enqueue, engine, run)
                await executor.wake()
            await asyncio.to_thread(until, both_are_over, "both are over")
            await asyncio.to_thread(until, lambda: not executor.walking(), "DBOS knows")
            assert not executor._over, "DBOS was kept from recording it once more"

    asyncio.run(main())
    assert row("ours") == row("theirs")


def test_an_enqueued_leg_is_there_only_if_its_transaction_commits(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        LegQueue().enqueue(connection, "gone", 1, part="w\x1fflow")
        connection.rollback()
    enqueue(engine, "kept")

    with pytest.raises(sa.exc.NoResultFound):
        status(engine, "gone")
    assert status(engine, "kept") == {
        "status": "ENQUEUED", "owner_xid": None, "executor_id": None, "queue_name": QUEUE,
    }  # fmt: skip


def test_a_cancelled_leg_is_fenced(engine: sa.Engine) -> None:
    enqueue(engine, "r")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x'"
        )
    assert not fenced(engine, "r", "x")

    with engine.begin() as connection:
        LegQueue.cancel(connection, "r", 1)

    assert fenced(engine, "r", "x")
    assert status(engine, "r")["status"] == "CANCELLED"


def test_a_dead_executors_legs_are_put_back_and_its_token_is_void(engine: sa.Engine) -> None:
    enqueue(engine, "r")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x', "
            "executor_id = 'worker-9', started_at_epoch_ms = 1"
        )

    async def main() -> None:
        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            return False

        async with launched(engine, run_leg) as executor:
            assert await asyncio.to_thread(executor.recover, ["worker-9"]) == 1
            assert fenced(engine, "r", "x")
            assert await asyncio.to_thread(executor.recover, ["worker-9"]) == 0

    asyncio.run(main())


def test_a_leg_that_nobody_walks_is_put_back(engine: sa.Engine) -> None:
    enqueue(engine, "r")

    async def main() -> list[str]:
        async def run_leg(run: RunId, leg: int, token: str) -> bool:
            return False

        async with launched(engine, run_leg) as executor:
            with engine.begin() as connection:
                connection.exec_driver_sql(
                    "UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x', "
                    "executor_id = 'worker-1', started_at_epoch_ms = 1"
                )
            return await asyncio.to_thread(executor.release_abandoned, grace_s=1)

    assert asyncio.run(main()) == [leg_id("r", 1)]
    assert status(engine, "r")["status"] in ("ENQUEUED", "PENDING", "SUCCESS")


def test_the_private_names_are_where_we_think() -> None:
    assert hasattr(DBOS, "_recover_pending_workflows")


def test_the_serialiser_carries_errors_and_is_json() -> None:
    serialiser = JsonSerializer()

    back = serialiser.deserialize(serialiser.serialize(ValueError("no")))

    assert isinstance(back, RuntimeError)
    assert str(back) == "ValueError: no"
    assert json.loads(serialiser.serialize({"args": ["r", 1]})) == {"args": ["r", 1]}
