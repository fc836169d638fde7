"""Write a table."""

import asyncio

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.files.tables import write_as_named
from persistentai_lab.flow.values import Table
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Write a table",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "data/rides.parquet", "table": [{"n": 1}, {"n": 2}]}),),
)
async def write_table(
    path: str,
    table: Table,
    branch: BranchName = MAIN,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Write a table as the new version of a file: a commit of its own.

    It is Parquet; or CSV, TSV or JSON lines (`.jsonl`) where the name says so.

    It is committed together with the record that this step is done: once, whatever crashes.

    Args:
        path: The file, as `folder/name`. What was there stays in the history.
        table: Any table.
        branch: On which branch.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id: whoever reads `at` it sees this version.

    Raises:
        PathRefused: No file can be called that, or not beside what is there.
        NodeError: A column mixes kinds of values.
    """
    data = await asyncio.to_thread(write_as_named, path, table)
    return await ctx.memory.files.write(path, data, branch=branch, message=message)
