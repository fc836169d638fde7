"""Migrations: once, whoever comes first, and next to nothing when there is nothing to do."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from persistentai_lab.errors import Conflict, Unavailable
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.migrate import VERSION_TABLE, head, migrate, revisions, take_lock


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres, database_url: str) -> Iterator[str]:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(postgres.uri, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE e{name}")  # type: ignore[arg-type]
    yield database_url.replace(f"/{name}", f"/e{name}")
    with psycopg.connect(postgres.uri, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE e{name} WITH (FORCE)")  # type: ignore[arg-type]


def test_makes_the_tables_and_then_has_nothing_to_do(empty_database: str) -> None:
    assert migrate(empty_database)
    assert not migrate(empty_database)

    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT to_regclass('pai.run')").fetchone() != (None,)


def test_those_who_come_together_migrate_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        did = list(pool.map(migrate, [empty_database] * 4))

    assert did.count(True) == 1


def test_who_waits_for_the_lock_does_not_block_an_index_built_under_it(database_url: str) -> None:
    """As DBOS does: the lock is held by one session, the index is built by another."""
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(database_url, autocommit=True) as builder,
        psycopg.connect(database_url, autocommit=True) as waiter,
    ):
        with psycopg.connect(database_url, autocommit=True) as holder:
            take_lock(holder, 7)
            waiting = pool.submit(take_lock, waiter, 7)
            _wait_for_a_query_like(builder, "advisory_lock")
            builder.execute("SET statement_timeout = '60s'")
            builder.execute("CREATE INDEX CONCURRENTLY i ON pai.run (flow)")
            assert not waiting.done()
        waiting.result(timeout=60)


def _wait_for_a_query_like(connection: psycopg.Connection, text: str) -> None:
    query = """
        SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%' || %s || '%%'
        AND datname = current_database() AND pid <> pg_backend_pid()
    """
    while connection.execute(query, [text]).fetchone() < (2,):  # type: ignore[operator]
        pass


def test_does_not_load_alembic_when_there_is_nothing_to_do(database_url: str) -> None:
    code = (
        "import sys; from persistentai_lab.storage.migrate import migrate\n"
        f"assert not migrate({database_url!r}); assert 'alembic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_refuses_a_database_that_a_newer_release_made(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # type: ignore[arg-type]

    with pytest.raises(Conflict, match="Upgrade persistentai-lab"):
        migrate(database_url)


def test_says_when_the_database_is_away() -> None:
    with pytest.raises(Unavailable) as caught:
        migrate("postgresql://nobody@/none?host=/nowhere/at/all")

    assert caught.value.code == "unavailable"


def test_revisions_form_one_chain() -> None:
    known = revisions()

    chain = [head()]
    while before := known[chain[-1]]:
        chain.append(before)
    assert sorted(chain) == sorted(known)


def test_a_fresh_database_is_migrated_and_empty(
    make_database: Callable[[], str], database_url: str
) -> None:
    other = make_database()

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE mine ()")
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
        assert connection.execute("SELECT count(*) FROM pai.run").fetchone() == (0,)
