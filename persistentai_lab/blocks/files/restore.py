"""Bring an older version back."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Restore a version",
    effect="store",
    record_key="branch",
    examples=(Example(inputs={"to": "v1", "paths": ["notes"]}),),
)
async def restore(
    to: str,
    branch: BranchName = MAIN,
    paths: list[str] | None = None,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Bring an older version of the files back, as a new commit: nothing is lost by it.

    Args:
        to: A tag, a commit, or a moment of the branch such as `2026-11-30T09:30:00Z`.
        branch: On which branch.
        paths: Only these files and folders; null is everything.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id.

    Raises:
        NotInMemory: There is no such version.
    """
    return ctx.memory.files.restore(to, branch=branch, paths=paths, message=message)
