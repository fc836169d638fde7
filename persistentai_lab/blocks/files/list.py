"""See what lies in a folder."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName

Listing = list[dict[str, Any]]


@block(
    title="List files",
    effect="read",
    examples=(Example(inputs={"folder": "notes"}),),
)
async def list(
    folder: str = "",
    branch: BranchName = MAIN,
    at: str | None = None,
    recursive: bool = False,
    after: str = "",
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000,
    *,
    ctx: Context = LENT,
) -> Listing:
    """List what lies in a folder, by name, of the newest version or of an older one.

    Args:
        folder: The folder; empty is the root.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        recursive: All files below it, instead of its own files and folders.
        after: The last path of the page before.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        For each: `path`, `kind` (`file` or `folder`), `size`, `media_type`, `sha256`, and the
        `commit` that wrote it.

    Raises:
        NotInMemory: There is no such folder in that version.
    """
    found = await ctx.memory.files.ls(
        folder, branch=branch, at=at, recursive=recursive, after=after, limit=limit
    )
    return [stat.model_dump(mode="json") for stat in found]
