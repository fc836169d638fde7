"""Write a document."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Expected
from persistentai_lab.memory.records.model import CollectionName, DocumentId


@block(
    title="Put a document",
    effect="store",
    record_key="collection/id",
    examples=(
        Example(
            inputs={"collection": "people", "id": "ada", "body": {"name": "Ada", "born": 1815}}
        ),
    ),
)
async def put_document(
    collection: CollectionName,
    id: DocumentId,
    body: dict[str, Any],
    expected: Expected = None,
    *,
    ctx: Context = LENT,
) -> int:
    """Write a document, in place of the one before, whose revisions stay.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        collection: Documents of one kind: `people`. It begins with its first document.
        id: Which of them.
        body: A JSON object, which fits the schema of the collection if that has one.
        expected: The revision that has to be there still; 0 if it must be new. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The number of its new revision.

    Raises:
        WriteConflict: Another revision is there than was expected.
        MisfitDocument: It does not fit the schema; says all places that don't.
    """
    return ctx.memory.records.put_document(collection, id, body, expected=expected)
