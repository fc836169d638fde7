"""Read a table."""

import asyncio

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.files.tables import read_as_named
from persistentai_lab.flow.values import Table
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Read a table",
    effect="read",
    examples=(Example(inputs={"path": "data/rides.parquet"}),),
)
async def read_table(
    path: str, branch: BranchName = MAIN, at: str | None = None, *, ctx: Context = LENT
) -> Table:
    """Read a CSV, TSV, Parquet or JSON-lines file as a table, also of an older version.

    Args:
        path: The file, as `folder/name`.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        ctx: Lent by the engine. Not a port.

    Returns:
        The table.

    Raises:
        NotInMemory: There is no such file in that version.
        NodeError: It is no such table.
    """
    data = await ctx.memory.files.read(path, branch=branch, at=at)
    return await asyncio.to_thread(read_as_named, path, data)
