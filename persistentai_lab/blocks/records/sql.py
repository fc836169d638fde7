"""SQL on memory."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.tables.frame import from_arrow
from persistentai_lab.flow.values import Table


@block(
    title="SQL on memory",
    effect="read",
    examples=(
        Example(inputs={"query": "SELECT name, born FROM people WHERE born < 1900 ORDER BY born"}),
        Example(
            inputs={"query": "SELECT species, count(*) AS n FROM 'data/penguins.csv' GROUP BY 1"}
        ),
    ),
)
async def sql(
    query: str,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
    *,
    ctx: Context = LENT,
) -> Table:
    """Ask the documents and files of the workspace in SQL: one SELECT, which can change nothing.

    Tables are `docs` (collection, id, rev, body), each collection by its name, and files by their
    path. What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        query: One SELECT. Without ORDER BY, the order of rows is nobody's promise.
        limit: At most so many rows.
        ctx: Lent by the engine. Not a port.

    Returns:
        The rows that were found; what is nested in documents is JSON text.

    Raises:
        SqlRefused: It is no plain question, fails, or asks for too much; says what and why.
    """
    found = await ctx.memory.records.sql(query, limit=limit)
    if found.is_cut:
        ctx.log(f"There were more rows; {limit:,} are handed on.", level="warning")
    return from_arrow(found.arrow)
