"""Look up a document."""

from typing import Any, NamedTuple

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.model import CollectionName, DocumentId


class Got(NamedTuple):
    """A document and its revision."""

    body: dict[str, Any]
    rev: int


@block(
    title="Get a document",
    effect="read",
    examples=(Example(inputs={"collection": "people", "id": "ada"}),),
)
async def get_document(collection: CollectionName, id: DocumentId, *, ctx: Context = LENT) -> Got:
    """Look up a document of a collection.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        collection: Documents of one kind: `people`.
        id: Which of them.
        ctx: Lent by the engine. Not a port.

    Returns:
        body: What it says.
        rev: Its revision: hand it on as `expected` to whoever writes what was made of it.

    Raises:
        NotInMemory: There is no such document.
    """
    document = await ctx.memory.records.get_document(collection, id)
    return Got(document.body, document.rev)
