"""A pool serves again as soon as the database does, and "away" is told from our own mistakes."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import DBAPIError

from persistentai_lab.errors import Unavailable
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.storage.pool import away, is_away, make_pool


@pytest.fixture
def server(shared_folder: Path) -> Iterator[EmbeddedPostgres]:
    """One that the test may stop: the shared one is everybody's."""
    state = {STATE_VARIABLE: str(shared_folder / "state")}
    home = Home.open(shared_folder / uuid.uuid4().hex[:8], state)
    server = EmbeddedPostgres(home, settings={"fsync": "off"})
    server.start()
    yield server
    server.stop()


def test_connections_commit_by_themselves_and_say_who_they_are(database_url: str) -> None:
    async def ask() -> tuple[bool, object]:
        async with (
            make_pool(database_url, name="gateway", min_size=1, max_size=2) as pool,
            pool.connection() as connection,
        ):
            reply = await connection.execute("SELECT current_setting('application_name')")
            return connection.autocommit, await reply.fetchone()

    assert asyncio.run(ask()) == (True, ("persistentai-gateway",))


def test_a_connection_that_died_in_the_pool_is_never_handed_out(database_url: str) -> None:
    async def ask() -> object:
        async with make_pool(database_url, name="test", min_size=2, max_size=2) as pool:
            await pool.wait()
            with psycopg.connect(database_url, autocommit=True) as killer:
                killer.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE application_name = 'persistentai-test' AND datname = current_database()"
                )
            async with pool.connection() as connection:
                return await (await connection.execute("SELECT 1")).fetchone()

    assert asyncio.run(ask()) == (1,)


def test_who_waits_while_the_database_is_away_is_served_when_it_is_back(
    server: EmbeddedPostgres,
) -> None:
    async def ask() -> object:
        async with make_pool(server.uri, name="test", min_size=1, max_size=2) as pool:
            await pool.wait()
            await asyncio.to_thread(server.stop)

            async def wait() -> object:
                async with pool.connection(timeout=90) as connection:
                    return await (await connection.execute("SELECT 1")).fetchone()

            waiting = asyncio.create_task(wait())
            while pool.get_stats().get("connections_errors", 0) < 4:  # noqa: ASYNC110 (it gave up)
                await asyncio.sleep(0.05)
            await asyncio.to_thread(server.start)
            return await waiting

    assert asyncio.run(ask()) == (1,)


def test_who_waits_too_long_is_told(server: EmbeddedPostgres) -> None:
    async def ask() -> None:
        async with make_pool(server.uri, name="test", min_size=1, max_size=2) as pool:
            await pool.wait()
            await asyncio.to_thread(server.stop)
            await pool.getconn(timeout=0.3)

    with pytest.raises(PoolTimeout) as caught:
        asyncio.run(ask())
    assert is_away(caught.value)


def test_opening_does_not_wait_for_the_database() -> None:
    async def ask() -> None:
        pool = make_pool("postgresql://x@/x?host=/nowhere", name="t", min_size=1, max_size=1)
        async with pool:
            with pytest.raises(PoolTimeout):
                await pool.getconn(timeout=0.2)

    asyncio.run(ask())


def state(code: str) -> psycopg.Error:
    return psycopg.errors.lookup(code)()


@pytest.mark.parametrize("code", ["57P01", "57P02", "57P03", "53100", "53300", "08006", "58030"])
def test_away_by_its_code(code: str) -> None:
    assert is_away(state(code))


@pytest.mark.parametrize("code", ["40P01", "40001", "23505", "42P01", "57014", "55P03", "22P02"])
def test_not_away_by_its_code(code: str) -> None:
    assert not is_away(state(code))


def test_away_whatever_wraps_it() -> None:
    lost = psycopg.OperationalError("consuming input failed: server closed the connection")
    outer = RuntimeError("step")
    outer.__cause__ = lost

    assert is_away(lost)
    assert is_away(outer)
    assert is_away(DBAPIError("SELECT 1", None, lost))
    assert is_away(away(lost))
    assert is_away(PoolTimeout("no connection"))
    assert is_away(ConnectionRefusedError())
    assert isinstance(away(lost), Unavailable)
    assert not is_away(ValueError("connection is closed"))
    assert not is_away(psycopg.InterfaceError("cursor is of another connection"))


def test_real_errors_of_a_server_that_stops_under_us(server: EmbeddedPostgres) -> None:
    connection = psycopg.connect(server.uri, autocommit=True)
    server.stop()

    with pytest.raises(psycopg.Error) as first:
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.Error) as second:
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.Error) as third:
        psycopg.connect(server.uri)

    assert [is_away(caught.value) for caught in (first, second, third)] == [True, True, True]


def test_real_errors_that_waiting_does_not_cure(database_url: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        psycopg.connect(database_url, dbname="none")
    assert not is_away(caught.value)

    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("SELECT * FROM nowhere")
    assert not is_away(caught.value)


def test_an_error_that_was_raised_from_itself_is_told_too() -> None:
    error = ValueError("no trouble of the database")
    error.__cause__ = error

    assert not is_away(error)
