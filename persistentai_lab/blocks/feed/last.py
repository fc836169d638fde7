"""The newest entries of a feed."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="Last of a feed",
    effect="read",
    examples=(Example(inputs={"feed": "room/support", "count": 5}),),
)
async def last(
    feed: FeedName, count: Annotated[int, Field(ge=1, le=10_000)] = 1, *, ctx: Context = LENT
) -> list[dict[str, Any]]:
    """Read the newest entries of a feed, in their order.

    What it finds is recorded: a replay of the run sees the same, whatever was appended since.

    Args:
        feed: Its name.
        count: How many at most.
        ctx: Lent by the engine. Not a port.

    Returns:
        The entries: `seq`, `at`, `kind`, `body`, who wrote it and in which run.
    """
    entries = await ctx.memory.feed.last(feed, count)
    return [entry.model_dump(mode="json") for entry in entries]
