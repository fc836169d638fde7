"""Change a document."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Expected
from persistentai_lab.memory.records.model import CollectionName, DocumentId


@block(
    title="Patch a document",
    effect="store",
    record_key="collection/id",
    examples=(
        Example(inputs={"collection": "people", "id": "ada", "patch": {"city": "London"}}),
        Example(
            inputs={
                "collection": "people",
                "id": "ada",
                "patch": [{"op": "add", "path": "/tags/-", "value": "new"}],
            }
        ),
    ),
)
async def patch_document(
    collection: CollectionName,
    id: DocumentId,
    patch: list[dict[str, Any]] | dict[str, Any],
    expected: Expected = None,
    *,
    ctx: Context = LENT,
) -> int:
    """Change a document where it stands: all of the changes, or none.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        collection: Documents of one kind: `people`.
        id: Which of them.
        patch: An object to be merged in, where null takes a field away (JSON Merge Patch); or a
            list of operations, each with `op`, `path` and `value` (JSON Patch).
        expected: The revision that has to be there still. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The number of its new revision.

    Raises:
        NotInMemory: There is no such document.
        WriteConflict: Another revision is there than was expected.

    Source:
        RFC 6902, "JavaScript Object Notation (JSON) Patch"; RFC 7396, "JSON Merge Patch".
    """
    return ctx.memory.records.patch_document(collection, id, patch, expected=expected)
