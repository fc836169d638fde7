"""See what a document was."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Limit
from persistentai_lab.memory.records.model import CollectionName, DocumentId


@block(
    title="Revisions of a document",
    effect="read",
    examples=(Example(inputs={"collection": "people", "id": "ada", "after": 0, "limit": 20}),),
)
async def revisions(
    collection: CollectionName,
    id: DocumentId,
    after: Annotated[int, Field(ge=0)] = 0,
    limit: Limit = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """List what a document was, from its first revision on.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        collection: Documents of one kind: `people`.
        id: Which of them, also one that was deleted.
        after: The revision before the first one wanted.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The revisions: `rev`, `at`, `kind` (put, patched, deleted, restored), `body`, who wrote it
            and in which run.
    """
    found = await ctx.memory.records.revisions(collection, id, after=after, limit=limit)
    return [each.model_dump(mode="json") for each in found]
