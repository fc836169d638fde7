"""Read a file as it is."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Read a file's bytes",
    effect="read",
    examples=(Example(inputs={"path": "images/plan.png"}),),
)
async def read_bytes(
    path: str, branch: BranchName = MAIN, at: str | None = None, *, ctx: Context = LENT
) -> bytes:
    """Read the bytes of a file, of the newest version or of an older one.

    Args:
        path: The file, as `folder/name`.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        ctx: Lent by the engine. Not a port.

    Returns:
        The bytes.

    Raises:
        NotInMemory: There is no such file in that version.
    """
    return await ctx.memory.files.read(path, branch=branch, at=at)
