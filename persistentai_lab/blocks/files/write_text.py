"""Write a text file."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Write a text file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "notes/today.md", "text": "# Today\n"}),),
)
async def write_text(
    path: str,
    text: str,
    branch: BranchName = MAIN,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Write text, in UTF-8, as the new version of a file: a commit of its own.

    It is committed together with the record that this step is done: once, whatever crashes.

    Args:
        path: The file, as `folder/name.txt`. What was there stays in the history.
        text: All that it is to hold.
        branch: On which branch.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id: whoever reads `at` it sees this version.

    Raises:
        PathRefused: No file can be called that, or not beside what is there.
    """
    return await ctx.memory.files.write(path, text, branch=branch, message=message)
