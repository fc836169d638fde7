"""Bring two branches together."""

from typing import Any, Literal

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Merge branches",
    effect="store",
    record_key="into",
    examples=(Example(inputs={"source": "try-something"}),),
)
async def merge(
    source: str,
    into: BranchName = MAIN,
    conflicts: Literal["refuse", "report"] = "refuse",
    favour: Literal["ours", "theirs"] | None = None,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> dict[str, Any]:
    """Bring what happened on one branch of the files into another.

    Who alone has changed a file is right. Where both have, text, JSON and notebooks are merged by
    what is in them; what can't be is a conflict, and then nothing is changed.

    Args:
        source: The branch, or another version, that is brought in.
        into: The branch that changes.
        conflicts: `refuse`: a conflict fails the step. `report`: the output tells it.
        favour: Which side stands where both have changed the same: `ours` is the branch that
            changes.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        `commit` (null when conflicts are in the way), how much was `changed`, which paths were
        merged `by_content`, and the `conflicts`, each with its hunks.

    Raises:
        MergeConflict: Both sides have changed the same; carries the conflicts.
        NotInMemory: There is no such version.
    """
    return ctx.memory.files.merge(source, into, message=message, favour=favour, conflicts=conflicts)
