"""SQL on tables in DuckDB."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from persistentai_lab.blocks.tables.frame import flat, from_arrow, refuse_doubles
from persistentai_lab.flow.values import Table, extra
from persistentai_lab.ids import Json
from persistentai_lab.memory.records.shut import (
    SHUT,
    SqlFailed,
    explained,
    plain_numbers,
    require_select,
    within,
)

if TYPE_CHECKING:
    import duckdb

__all__ = ["SqlFailed", "ask"]


def ask(
    query: str,
    tables: Mapping[str, Table],
    parameters: Mapping[str, Json] | None = None,
    *,
    limit_s: float,
    lead: str = "",
) -> Table:
    """Run one SELECT over these tables. `lead` is ours: places are counted from behind it.

    Raises:
        SqlFailed: It is no single SELECT, or DuckDB refuses it; line and column are named.
        BodyTimedOut: It takes longer than `limit_s` seconds.
    """
    with extra():
        import duckdb
        import pyarrow  # noqa: F401 - tables go in and come out by way of it
    with duckdb.connect(":memory:", config=dict(SHUT)) as database:
        for name, table in tables.items():
            database.register(name, flat(table))
        database.execute("SET TimeZone = 'UTC'; SET lock_configuration = true")
        with explained(lead, query), within(database, limit_s):
            require_select(database, lead + query)
            return _run(database, lead + query, dict(parameters) if parameters else None)


def _run(
    database: "duckdb.DuckDBPyConnection", query: str, parameters: dict[str, Json] | None
) -> Table:
    import duckdb

    try:
        arrow = database.sql(query, params=parameters).to_arrow_table()
    except (duckdb.BinderException, duckdb.CatalogException):
        database.execute(query, parameters)  # fails in the same way, and says where
        raise
    refuse_doubles(arrow.column_names)
    return from_arrow(plain_numbers(arrow))
