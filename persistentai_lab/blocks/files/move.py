"""Give a file another path."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Move a file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "draft.md", "to": "notes/final.md"}),),
)
async def move(
    path: str, to: str, branch: BranchName = MAIN, message: str = "", *, ctx: Context = LENT
) -> str:
    """Give a file, or a folder with all in it, another path: a commit of its own.

    Args:
        path: Where it is.
        to: Where it is to be; its folders need not be there yet.
        branch: On which branch.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id.

    Raises:
        NotInMemory: There is no such file or folder.
        PathRefused: It can't be called that, or not beside what is there.
    """
    return ctx.memory.files.move(path, to, branch=branch, message=message)
