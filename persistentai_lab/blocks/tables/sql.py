"""SQL on tables."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.duck import ask
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table
from persistentai_lab.ids import Json

_PORTS = ("a", "b", "c", "d")


@block(
    title="SQL",
    effect="read",
    cpu=True,
    examples=(
        Example(
            inputs={
                "query": "SELECT k, sum(n) AS total FROM a WHERE n > $least GROUP BY k ORDER BY k",
                "a": [{"k": "x", "n": 1}, {"k": "y", "n": 2}, {"k": "x", "n": 3}],
                "parameters": {"least": 0},
            },
            output=[{"k": "x", "total": 4}, {"k": "y", "total": 2}],
        ),
        Example(
            inputs={
                "query": "FROM birds SELECT count(*) AS n",
                "a": [{"k": "x"}],
                "names": ["birds"],
            },
            output=[{"n": 1}],
        ),
    ),
)
def sql(
    query: str,
    a: Table | None = None,
    b: Table | None = None,
    c: Table | None = None,
    d: Table | None = None,
    *,
    names: list[Annotated[str, Field(min_length=1)]] | None = None,
    parameters: dict[str, Json] | None = None,
    limit_s: Annotated[float, Field(gt=0, le=3600)] = 60.0,
) -> Table:
    """Ask up to four tables in SQL (DuckDB's), by their names.

    The query sees nothing else: no file, no network, no other table, 2 GB of memory. Whatever it
    says (`random()`, `now()`), its result is recorded: a replay of the run shows the same.

    Args:
        query: One SELECT. Without ORDER BY, the order of rows is nobody's promise.
        a: The table that is called `a` in the query.
        b: The table that is called `b`.
        c: The table that is called `c`.
        d: The table that is called `d`.
        names: Other names for the tables that are given, in their order.
        parameters: Values for `$name` in the query: the safe way to put a value into SQL.
        limit_s: Longest time it may take, in seconds.

    Returns:
        The rows that were found. Decimal numbers become floating ones; CAST them to VARCHAR to keep
            every digit.

    Raises:
        NodeError: The query is no single SELECT, DuckDB refuses it (line and column are named), or
            it takes too long or too much memory.
    """
    given = {name: table for name, table in zip(_PORTS, (a, b, c, d), strict=True)
             if table is not None}  # fmt: skip
    if names is not None:
        if len(names) != len(given) or len({name.lower() for name in names}) < len(names):
            raise NodeError(
                f"{len(given)} tables are given, and {names!r} shall be their names.",
                remedy="Give one name a table, each another.",
            )
        given = dict(zip(names, given.values(), strict=True))
    return ask(query, given, parameters, limit_s=limit_s)
