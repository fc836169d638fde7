"""Hundreds of queries that try to get out: nothing of another workspace, nothing changed.

`bench/sql_fuzz.py` is the same with as many as one likes.
"""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistentai_lab.errors import SqlRefused
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.records.guard import check_query
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.records import duck
from persistentai_lab.storage.records.roles import Roles
from tests.memory.sql_attacks import (
    ATTACKS,
    CANARY,
    PLAIN,
    at_the_first_wall,
    plant,
    queries,
    state,
    through_the_door,
)

pytestmark = pytest.mark.anyio
COUNT = len(ATTACKS) + len(PLAIN) + 80


async def test_no_query_gets_through_the_door(tree: MemoryTree, me: Author) -> None:
    await plant(tree, tree._pool, me)
    await Roles(tree._pool).login(me.workspace)
    before = await state(tree._pool)

    seen = await through_the_door(tree, me, queries(1, COUNT))

    assert seen.leaked == []
    assert seen.tried == COUNT
    assert seen.answered >= len(PLAIN) + 20, "who asks plainly is answered"
    assert seen.tried - seen.by_guard >= 40, "many get past the guard, to the database"
    assert await state(tree._pool) == before


async def test_the_database_holds_without_the_guard(tree: MemoryTree, me: Author) -> None:
    await plant(tree, tree._pool, me)
    await Roles(tree._pool).login(me.workspace)
    before = await state(tree._pool)

    seen = await at_the_first_wall(tree._pool, me, queries(1, COUNT))

    assert seen.leaked == []
    assert seen.answered >= len(PLAIN)
    assert await state(tree._pool) == before


async def test_the_canary_would_be_seen(tree: MemoryTree, me: Author) -> None:
    """The other workspace's own role sees it: so the strings above could have."""
    from persistentai_lab.ids import Workspace
    from tests.memory.sql_attacks import OTHER

    await plant(tree, tree._pool, me)

    seen = await at_the_first_wall(
        tree._pool, Author(Workspace(OTHER), "eve", "eve"), ["select body from docs"]
    )

    assert len(seen.leaked) == 1


async def test_a_role_can_do_nothing_but_read_its_view(tree: MemoryTree, me: Author) -> None:
    await plant(tree, tree._pool, me)
    login = await Roles(tree._pool).login(me.workspace)
    async with tree._pool.connection() as connection:
        cursor = await connection.execute(
            """
            SELECT c.oid::regclass::text
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
              AND has_schema_privilege(%(role)s, n.oid, 'USAGE')
              AND has_table_privilege(%(role)s, c.oid,
                    'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            """,
            {"role": login.role},
        )
        tables = [row[0] for row in await cursor.fetchall()]
        cursor = await connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit,"
            " (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid),"
            " has_function_privilege(%(role)s, 'set_config(text, text, boolean)', 'EXECUTE'),"
            " has_function_privilege(%(role)s, 'pg_try_advisory_lock(bigint)', 'EXECUTE')"
            " FROM pg_roles r WHERE rolname = %(role)s",
            {"role": login.role},
        )
        rights = await cursor.fetchone()
        cursor = await connection.execute(
            "SELECT has_table_privilege(%s, 'pai_sql.docs', 'INSERT, UPDATE, DELETE')",
            (login.role,),
        )
        writes = await cursor.fetchone()

    assert tables == ["pai_sql.docs"]
    assert rights == (False,) * 6 + (0, False, False)
    assert writes == (False,)
    assert CANARY not in login.conninfo


some_of_them = st.lists(st.sampled_from([*ATTACKS, *PLAIN, ";", "("]), max_size=3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from([*ATTACKS, *PLAIN, ";", "("]), max_size=3).map(" ".join)
)
def test_whatever_is_said_it_is_checked_or_refused(text: str) -> None:
    with suppress(SqlRefused):
        checked = check_query(text, ["mine"])
        again = check_query(checked.sql(dialect=checked.dialect), ["mine"])
        assert again.collections == checked.collections


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('{canary}')",
        "select * from read_csv('{folder}/../../../../../../{canary}')",
        "select * from '{canary}'",
        "copy (select 1) to '{folder}/out.csv'",
        "set enable_external_access = true; select * from read_text('{canary}')",
        "select getenv('PERSISTENTAI_DATABASE_URL') || '' as canary",
    ],
)
async def test_duckdb_holds_without_the_guard(tmp_path: Path, query: str) -> None:
    canary, folder = tmp_path / "canary.csv", tmp_path / "tables"
    canary.write_text(CANARY)
    folder.mkdir()
    (folder / "f0.csv").write_text("a\n1\n")
    said = query.replace("{canary}", str(canary)).replace("{folder}", str(folder))

    try:
        data, _ = await duck.run(folder, said, {"t": "f0.csv"}, limit=10)
    except SqlRefused as error:
        data = str(error.message).replace(str(canary), "").encode()

    assert CANARY.encode() not in data
    assert [file.name for file in folder.iterdir()] == ["f0.csv"]
