"""Take a document away."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Expected
from persistentai_lab.memory.records.model import CollectionName, DocumentId


@block(
    title="Delete a document",
    effect="store",
    record_key="collection/id",
    examples=(Example(inputs={"collection": "people", "id": "ada"}),),
)
async def delete_document(
    collection: CollectionName, id: DocumentId, expected: Expected = None, *, ctx: Context = LENT
) -> int:
    """Take a document away. Its revisions stay, and each can be restored.

    Args:
        collection: Documents of one kind: `people`.
        id: Which of them.
        expected: The revision that has to be there still. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The number of the revision that says that it was deleted.

    Raises:
        NotInMemory: There is no such document.
        WriteConflict: Another revision is there than was expected.
    """
    return ctx.memory.records.delete_document(collection, id, expected=expected)
