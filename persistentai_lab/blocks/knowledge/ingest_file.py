"""Take in a file of the workspace."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName
from persistentai_lab.memory.knowledge.asks import document_name


@block(
    title="Take in a file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "handbook/safety.pdf"}),),
)
async def ingest_file(
    path: str, branch: BranchName = MAIN, at: str | None = None, *, ctx: Context = LENT
) -> dict[str, int]:
    """Cut a file into pieces that can be recalled, each citing the commit, and its page or lines.

    Taken in again after a change, what did not change stays, and what is gone is closed.

    Args:
        path: The file, as `folder/name.pdf`.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        ctx: Lent by the engine. Not a port.

    Returns:
        How many pieces were `added`, `kept` and `closed`.

    Raises:
        NotInMemory: There is no such file in that version.
        DocumentUnreadable: It is broken, locked or empty, or a package is missing.
    """
    from persistentai_lab.memory.knowledge.documents import read_document

    stat = await ctx.memory.files.stat(path, branch=branch, at=at)
    data = await ctx.memory.files.read(path, branch=branch, at=stat.commit)
    pieces = await read_document(path, data)
    name = document_name(path, branch)
    return ctx.memory.knowledge.ingest(name, pieces, commit=stat.commit)
