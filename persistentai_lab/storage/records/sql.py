"""The door for SQL of agents: documents are asked in Postgres; with files among them, in DuckDB."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from ...errors import SqlRefused
from ...flow.values import extra
from ...memory.author import Author
from ...memory.files.asks import StatFile
from ...memory.files.model import MAIN, Stat
from ...memory.layer import Answer, Touch
from ...memory.records.asks import RunSql
from ...memory.records.duck_child import READERS
from ...memory.records.guard import DOCS, Checked, check_query
from ..places import Places
from ..pool import Pool, is_away
from . import duck, postgres
from .arrow import to_arrow
from .roles import NoRole, Roles
from .views import OWN, view_of

if TYPE_CHECKING:
    import pyarrow as pa

HANDED_MAX = 200_000
"""Documents that are handed to DuckDB."""
COPIED_MAX = 1024**3
_ALL = f"SELECT collection, {', '.join(OWN)} FROM docs"
_ARROW = (".arrow", ".feather", ".ipc")


class Sql:
    """Asks documents and files in SQL."""

    def __init__(self, pool: Pool, files: Places) -> None:
        self._pool = pool
        self._files = files
        self._roles = Roles(pool)

    async def answer(self, author: Author, query: RunSql) -> Answer:
        """Run a query. Raises `SqlRefused`."""
        with extra():
            import pyarrow as pa
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_COLLECTIONS, (author.workspace,))
            names = [name for (name,) in await cursor.fetchall()]
        checked = await asyncio.to_thread(check_query, query.query, names)
        touched = [Touch(name) for name in checked.collections]
        if checked.dialect == "postgres":
            try:
                found = await self._in_postgres(author, checked, query.limit)
            except NoRole:
                pass  # a server that lets us make no role: documents are handed over, too
            else:
                table = to_arrow(found)
                return _told("postgres", table, _stream(table), found.is_cut, touched)
        stats = [await self._files.stat(author, StatFile(path=path)) for path in checked.files]
        touched += [Touch(f"{MAIN}/{stat.path}", stat.sha256, layer="files") for stat in stats]
        data, is_cut = await self._in_duck(author, checked, stats, query.limit)
        return _told("duckdb", pa.ipc.open_stream(data).read_all(), data, is_cut, touched)

    async def _in_postgres(self, author: Author, checked: Checked, limit: int) -> postgres.Rows:
        login = await self._roles.login(author.workspace)
        text = checked.sql(await self._leads(author, checked))
        try:
            return await postgres.run(login.conninfo, text, limit=limit)
        except psycopg.OperationalError as error:
            if is_away(error):
                raise
            raise NoRole(str(error)) from error

    async def _leads(self, author: Author, checked: Checked) -> list[tuple[str, str]]:
        async with self._pool.connection() as connection:
            return [
                (name, await view_of(connection, author.workspace, name))
                for name in checked.collections
                if name != DOCS
            ]

    async def _in_duck(
        self, author: Author, checked: Checked, stats: Sequence[Stat], limit: int
    ) -> tuple[bytes, bool]:
        async with _folder() as folder:
            tables = {
                path: await self._copied(author, path, stat, folder, n)
                for n, (path, stat) in enumerate(zip(checked.files, stats, strict=True))
            }
            leads = await self._leads(author, checked)
            if DOCS in checked.collections:
                leads.append((DOCS, _ALL))
            for n, (name, select) in enumerate(leads):
                tables[name] = await self._handed(author, name, select, folder / f"d{n}.arrow")
            return await duck.run(folder, checked.sql(dialect="duckdb"), tables, limit=limit)

    async def _copied(self, author: Author, path: str, stat: Stat, folder: Path, n: int) -> str:
        kind = Path(path).suffix.lower()
        if kind not in (*READERS, *_ARROW):
            raise SqlRefused(
                f"{path!r} is no table that can be read.",
                remedy=f"Tables end in {', '.join([*READERS, *_ARROW])}.",
            )
        if (stat.size or 0) > COPIED_MAX:
            raise SqlRefused(
                f"{path!r} has more than 1 GB.", remedy="Keep it in parts, as Parquet."
            )
        payload = await self._files.open(author, stat)
        name = f"f{n}{kind}"
        await asyncio.to_thread((folder / name).write_bytes, payload.data)
        return name

    async def _handed(self, author: Author, name: str, select: str, file: Path) -> str:
        """Documents of the workspace, by a statement that is ours."""
        own = _DOCS_OF % {"select": select}
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION READ ONLY")
            async with connection.cursor() as cursor:
                for kind in postgres.AS_TEXT:
                    cursor.adapters.register_loader(kind, postgres.Text)
                await cursor.execute(own, (author.workspace, HANDED_MAX + 1))
                columns = cursor.description or []
                found = postgres.Rows([c.name for c in columns], [c.type_code for c in columns],
                                      await cursor.fetchall())  # fmt: skip
        if len(found.rows) > HANDED_MAX:
            raise SqlRefused(
                f"{name!r} has more than {HANDED_MAX:,} documents, and is asked beside files.",
                remedy="Ask the documents first, keep the result as a file, and join that.",
            )
        data = await asyncio.to_thread(lambda: _stream(to_arrow(found)))
        await asyncio.to_thread(file.write_bytes, data)
        return file.name


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    folder = await asyncio.to_thread(duck.a_folder)
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)


def _told(
    engine: str, table: "pa.Table", data: bytes, is_cut: bool, touched: Sequence[Touch]
) -> Answer:
    columns: Any = [{"name": field.name, "type": str(field.type)} for field in table.schema]
    value = {"engine": engine, "columns": columns, "rows": table.num_rows, "is_cut": is_cut}
    return Answer(value, data, tuple(touched))


def _stream(table: "pa.Table") -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


_COLLECTIONS = "SELECT name FROM pai.doc_collection WHERE workspace = %s"
_DOCS_OF = """
WITH docs AS (
    SELECT collection, id, rev, body, created_at, updated_at FROM pai.doc
    WHERE workspace = %%s AND body IS NOT NULL
) %(select)s LIMIT %%s
"""
