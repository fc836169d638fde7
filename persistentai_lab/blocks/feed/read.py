"""Look into a feed."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="Read a feed",
    effect="read",
    examples=(Example(inputs={"feed": "room/support", "after": 0, "limit": 20}),),
)
async def read(
    feed: FeedName,
    after: Annotated[int, Field(ge=0)] = 0,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """Read entries of a feed in order, after a position.

    What it finds is recorded: a replay of the run sees the same, whatever was appended since.

    Args:
        feed: Its name.
        after: The position before the first one wanted; 0 reads from the beginning.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The entries: `seq`, `at`, `kind`, `body`, who wrote it and in which run.
    """
    entries = await ctx.memory.feed.read(feed, after=after, limit=limit)
    return [entry.model_dump(mode="json") for entry in entries]
