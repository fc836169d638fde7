"""SQL of agents: what it finds, and what it can't."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from persistentai_lab.errors import NotInMemory, SqlRefused
from persistentai_lab.flow.payload import Payload
from persistentai_lab.ids import Json, Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files.asks import CommitFiles, Put
from persistentai_lab.memory.records.asks import PutDocument, RunSql
from persistentai_lab.memory.records.result import SqlResult
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool

pytestmark = pytest.mark.anyio

PEOPLE: dict[str, dict[str, Json]] = {
    "ada": {"name": "Ada", "born": 1815, "city": {"name": "London"}, "rich": True, "odd": 1},
    "emmy": {"name": "Emmy", "born": 1882, "rich": False, "odd": "x", "share": 0.5},
    "no one": {},
}


async def sql(tree: MemoryTree, me: Author, query: str, **how: Any) -> SqlResult:
    return SqlResult.of(await tree.answer(me, RunSql(query=query, **how)))


async def rows(tree: MemoryTree, me: Author, query: str) -> list[dict[str, Json]]:
    return (await sql(tree, me, query)).rows()


async def people(tree: MemoryTree, me: Author) -> None:
    for id, body in PEOPLE.items():
        await tree.write(me, PutDocument(collection="people", id=id, body=body))


async def keep(tree: MemoryTree, me: Author, path: str, data: bytes, kind: str) -> None:
    version = await tree.files.keep(me, Payload(data, kind))
    put = Put(path=path, sha256=version.sha256, media_type=version.media_type)
    await tree.write(me, CommitFiles(changes=[put]))


async def test_documents_are_asked_in_postgres(tree: MemoryTree, me: Author) -> None:
    await people(tree, me)

    found = await sql(tree, me, "select name, born, rich, share, city->>'name' as city, odd "
                                "from people where born > 1800 order by born desc")  # fmt: skip
    every = await rows(tree, me, "select count(*) n, min(body->>'name') a from docs")

    assert found.engine == "postgres"
    assert found.rows() == [
        {"name": "Emmy", "born": 1882, "rich": False, "share": 0.5, "city": None, "odd": "x"},
        {"name": "Ada", "born": 1815, "rich": True, "share": None, "city": "London", "odd": 1},
    ]
    assert [str(kind) for kind in found.arrow.schema.types] == [
        "string", "int64", "bool", "double", "string", "string",
    ]  # fmt: skip
    assert every == [{"n": 3, "a": "Ada"}]
    moment = (await rows(tree, me, "select created_at as at from docs limit 1"))[0]["at"]
    assert datetime.fromisoformat(str(moment)).tzinfo is not None


async def test_rows_are_cut_where_there_are_more(tree: MemoryTree, me: Author) -> None:
    few = await sql(tree, me, "select * from generate_series(1, 5000000) as n(n)", limit=2_500)
    all_ = await sql(tree, me, "select * from generate_series(1, 2500) as n(n)", limit=2_500)

    assert (len(few), few.is_cut) == (2_500, True)
    assert (len(all_), all_.is_cut) == (2_500, False)


async def test_files_are_asked_in_duckdb_and_joined_with_documents(
    tree: MemoryTree, me: Author
) -> None:
    await people(tree, me)
    csv = b"who,score,day\nada,1.5,2026-11-30\nemmy,2,2026-12-01\nnobody,9,2026-12-02\n"
    await keep(tree, me, "data/scores.csv", csv, "text/csv")

    found = await sql(tree, me, """
        select p.name, s.score, s.day, p.body->'city'->>'name' as city
        from 'data/scores.csv' s join people p on p.id = s.who order by s.score""")  # fmt: skip
    cut = await sql(tree, me, "select * from 'data/scores.csv'", limit=2)

    assert found.engine == "duckdb"
    assert found.rows() == [
        {"name": "Ada", "score": 1.5, "day": "2026-11-30", "city": "London"},
        {"name": "Emmy", "score": 2.0, "day": "2026-12-01", "city": None},
    ]
    assert (len(cut), cut.is_cut) == (2, True)


async def test_parquet_and_arrow_are_tables_too(tree: MemoryTree, me: Author) -> None:
    import io

    import pandas as pd

    frame = pd.DataFrame({"n": [1, 2, 3]})
    parquet, feather = io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    frame.to_feather(feather, compression="uncompressed")
    await keep(tree, me, "a.parquet", parquet.getvalue(), "application/vnd.apache.parquet")
    await keep(tree, me, "b.arrow", feather.getvalue(), "application/vnd.apache.arrow.file")

    found = await rows(tree, me, "select sum(a.n + b.n) as s from 'a.parquet' a, 'b.arrow' b")

    assert found == [{"s": 36}]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select nothing from people", "column"),
        ("select 1/0", "division by zero"),
        ("select * from nobody", "'nobody' is no table here"),
        ("select name from people where", "can't be asked"),
        ("delete from docs", "DELETE"),
        ("select 1; select 2", "2 statements"),
        ("", "at least 1"),
        ("select pg_sleep(60)", "pg_sleep"),
        ("select * from pg_catalog.pg_class", "no schema"),
    ],
)
async def test_a_query_that_fails_says_why_and_what_to_do(
    tree: MemoryTree, me: Author, query: str, says: str
) -> None:
    await people(tree, me)

    with pytest.raises(SqlRefused if query else Exception, match=says) as caught:
        await sql(tree, me, query)

    assert caught.value.remedy  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("broken.csv", b"a,b\n1,\xff\xfe\n", "CSV Error"),
        ("broken.parquet", b"PAR1 nonsense", "broken.parquet"),
        ("broken.arrow", b"nonsense", "broken.arrow"),
        ("note.md", b"# hello", "no table"),
    ],
)
async def test_a_file_that_is_no_table_is_said(
    tree: MemoryTree, me: Author, path: str, data: bytes, says: str
) -> None:
    await keep(tree, me, path, data, "application/octet-stream")

    with pytest.raises(SqlRefused, match=says) as caught:
        await sql(tree, me, f"select * from '{path}'")

    assert "/tmp" not in str(caught.value)


async def test_a_file_that_is_not_there_is_said(tree: MemoryTree, me: Author) -> None:
    with pytest.raises(NotInMemory):
        await sql(tree, me, "select * from 'data/none.csv'")


async def test_each_workspace_sees_its_own(tree: MemoryTree, me: Author) -> None:
    other = Author(Workspace("other" + me.workspace), "eve", "eve")
    await people(tree, me)
    await tree.write(other, PutDocument(collection="people", id="eve", body={"name": "Eve"}))
    await keep(tree, me, "mine.csv", b"a\n1\n", "text/csv")

    assert await rows(tree, other, "select name from people") == [{"name": "Eve"}]
    assert await rows(tree, me, "select count(*) n from docs") == [{"n": 3}]
    with pytest.raises(NotInMemory):
        await sql(tree, other, "select * from 'mine.csv'")


async def test_where_no_role_may_be_made_documents_are_asked_in_duckdb(
    tree: MemoryTree, me: Author, memory_url: str, tmp_path: Path
) -> None:
    """A server that is somebody else's: we own our tables there, and nothing more."""
    await people(tree, me)
    role = f"plain_{uuid4().hex[:8]}"
    async with tree._pool.connection() as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pai, pai_sql TO {role}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA pai, pai_sql TO {role}",
        ):
            await connection.execute(statement)
    url = make_conninfo(memory_url, user=role)

    async with make_pool(url, name="plain", min_size=1, max_size=2) as pool:
        plain = MemoryTree(pool, Blobs(pool, tmp_path))
        found = await sql(plain, me, "select name, born, city->>'name' c from people order by born")
        with pytest.raises(SqlRefused):
            await sql(plain, me, "select * from pai.doc")

    assert found.engine == "duckdb"
    assert [row["c"] for row in found.rows()] == ["London", None, None]
