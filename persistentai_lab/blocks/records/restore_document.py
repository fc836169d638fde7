"""Bring a document back as it was."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Expected
from persistentai_lab.memory.records.model import CollectionName, DocumentId


@block(
    title="Restore a document",
    effect="store",
    record_key="collection/id",
    examples=(
        Example(inputs={"collection": "people", "id": "ada", "rev": 1}),
        Example(inputs={"collection": "people", "id": "ada", "at": "2026-11-30T12:00:00Z"}),
    ),
)
async def restore_document(
    collection: CollectionName,
    id: DocumentId,
    rev: Annotated[int, Field(ge=1)] | None = None,
    at: AwareDatetime | None = None,
    expected: Expected = None,
    *,
    ctx: Context = LENT,
) -> int:
    """Write a document as it was at a revision, or at a moment. What it is now stays a revision.

    Args:
        collection: Documents of one kind: `people`.
        id: Which of them, also one that was deleted.
        rev: The revision; or else
        at: The moment.
        expected: The revision that has to be there still. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The number of its new revision.

    Raises:
        NotInMemory: It was not there then, or what it said was erased.
        WriteConflict: Another revision is there than was expected.
    """
    records = ctx.memory.records
    return records.restore_document(collection, id, rev=rev, at=at, expected=expected)
