"""Read a text file."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Read a text file",
    effect="read",
    examples=(Example(inputs={"path": "notes/today.md"}),),
)
async def read_text(
    path: str, branch: BranchName = MAIN, at: str | None = None, *, ctx: Context = LENT
) -> str:
    """Read a file of text in UTF-8, of the newest version or of an older one.

    Args:
        path: The file, as `folder/name.txt`.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        ctx: Lent by the engine. Not a port.

    Returns:
        The text.

    Raises:
        NotInMemory: There is no such file in that version.
        NotText: It holds something else than text.
    """
    return await ctx.memory.files.read_text(path, branch=branch, at=at)
