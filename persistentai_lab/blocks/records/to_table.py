"""Documents as a table."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.tables.from_rows import from_rows
from persistentai_lab.flow.values import Table
from persistentai_lab.memory.records.model import CollectionName


@block(
    title="Documents as a table",
    effect="read",
    examples=(Example(inputs={"collection": "people", "contains": {"city": "London"}}),),
)
async def to_table(
    collection: CollectionName,
    contains: dict[str, Any] | None = None,
    sort: list[str] | None = None,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
    *,
    ctx: Context = LENT,
) -> Table:
    """Make a table of the documents of a collection: a row each, a column for each of their fields.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        collection: Documents of one kind: `people`.
        contains: What must be in them, such as {"city": "London"}. All, if empty.
        sort: Fields to sort by; with a minus, from the highest down. By id, if empty.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The table; `id` is its first column. What a document lacks is missing.
    """
    rows: list[dict[str, Any]] = []
    after = None
    while len(rows) < limit:
        page = await ctx.memory.records.find(
            collection, contains, sort=sort or (), after=after, limit=min(1_000, limit - len(rows))
        )
        rows += [{"id": each.id, **{k: v for k, v in each.body.items() if k != "id"}}
                 for each in page.documents]  # fmt: skip
        if (after := page.next) is None:
            break
    return from_rows(rows)
