"""Find documents."""

from typing import Annotated, Any, NamedTuple

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Limit
from persistentai_lab.memory.records.model import CollectionName

Condition = Annotated[list[Any], Field(min_length=3, max_length=3)]


class FoundPage(NamedTuple):
    """A page of documents."""

    documents: list[dict[str, Any]]
    next: str | None


@block(
    title="Find documents",
    effect="read",
    examples=(
        Example(inputs={"collection": "people", "contains": {"city": "London"}}),
        Example(
            inputs={
                "collection": "people",
                "where": [["born", "<", 1900], ["name", "starts with", "A"]],
                "sort": ["-born"],
                "fields": ["name", "born"],
            }
        ),
    ),
)
async def find(
    collection: CollectionName,
    contains: dict[str, Any] | None = None,
    where: list[Condition] | None = None,
    fields: list[str] | None = None,
    sort: list[str] | None = None,
    after: str | None = None,
    limit: Limit = 100,
    *,
    ctx: Context = LENT,
) -> FoundPage:
    """Find documents of a collection: by what they contain, and by conditions on their fields.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        collection: Documents of one kind: `people`.
        contains: What must be in them, such as {"city": "London", "tags": ["new"]}.
        where: Conditions, all of which must hold, such as ["born", "<", 1900]. A field is named
            `address.city`; there are =, !=, <, <=, >, >=, in, "starts with" and exists.
        fields: Which fields to bring. All, if empty.
        sort: Fields to sort by; with a minus, from the highest down. By id, if empty.
        after: `next` of the page before.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        documents: Each with its `id`, `rev` and `body`.
        next: Where the next page begins; null on the last one.
    """
    found = await ctx.memory.records.find(
        collection, contains, where=[(name, op, value) for name, op, value in where or ()],
        fields=fields, sort=sort or (), after=after, limit=limit,
    )  # fmt: skip
    documents = [{"id": each.id, "rev": each.rev, "body": each.body} for each in found.documents]
    return FoundPage(documents, found.next)
