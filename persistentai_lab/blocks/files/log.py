"""See how files came to be."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Log of files",
    effect="read",
    examples=(Example(inputs={"path": "notes/today.md", "limit": 5}),),
)
async def log(
    path: str | None = None,
    branch: BranchName = MAIN,
    at: str | None = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """List the commits of a branch, newest first, or those that changed one file.

    Args:
        path: The file; null is all of them.
        branch: Of which branch.
        at: From this version back: a tag, a commit, or a moment; null is the newest.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commits: `id`, `message`, `at`, who made it and in which run.
    """
    found = await ctx.memory.files.log(path, branch=branch, at=at, limit=limit)
    return [commit.model_dump(mode="json") for commit in found]
