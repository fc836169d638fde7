"""Begin a branch."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Begin a branch",
    effect="store",
    record_key="name",
    examples=(Example(inputs={"name": "try-something"}),),
)
async def branch(name: BranchName, source: str = MAIN, *, ctx: Context = LENT) -> str:
    """Begin a branch of the files from a version: what is written there leaves others alone.

    It is as quick for a million files as for one. What comes of it is brought back by a merge.

    Args:
        name: Of the new branch.
        source: The version to begin from: a branch, a tag, or a commit.
        ctx: Lent by the engine. Not a port.

    Returns:
        Its name, so that whatever is to be written there, wired to it, waits for it.

    Raises:
        WriteConflict: There is another branch of this name.
        NotInMemory: There is no such version.
    """
    ctx.memory.files.branch(name, source)
    return name
