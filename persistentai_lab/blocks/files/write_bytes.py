"""Write a file as it is."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Write a file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "images/plan.png", "data": b"\x89PNG"}),),
)
async def write_bytes(
    path: str,
    data: bytes,
    branch: BranchName = MAIN,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Write bytes as the new version of a file: a commit of its own.

    It is committed together with the record that this step is done: once, whatever crashes.

    Args:
        path: The file, as `folder/name`. What was there stays in the history.
        data: All that it is to hold.
        branch: On which branch.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id: whoever reads `at` it sees this version.

    Raises:
        PathRefused: No file can be called that, or not beside what is there.
    """
    return await ctx.memory.files.write(path, data, branch=branch, message=message)
