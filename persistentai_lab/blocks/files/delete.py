"""Delete a file."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Delete a file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "notes/old.md"}),),
)
async def delete(
    path: str,
    branch: BranchName = MAIN,
    recursive: bool = False,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Delete a file, or a folder with all in it: a commit of its own. Its history stays.

    Args:
        path: The file, as `folder/name.txt`.
        branch: On which branch.
        recursive: Also a folder, with all in it.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id.

    Raises:
        NotInMemory: There is no such file.
    """
    return ctx.memory.files.delete(path, branch=branch, recursive=recursive, message=message)
