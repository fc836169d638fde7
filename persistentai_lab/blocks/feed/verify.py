"""Whether a feed is as it was written."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="Verify a feed",
    effect="read",
    examples=(Example(inputs={"feed": "room/support"}),),
)
async def verify(feed: FeedName, *, ctx: Context = LENT) -> dict[str, Any]:
    """Follow the chain of hashes from the first entry of a feed to the last.

    Args:
        feed: Its name.
        ctx: Lent by the engine. Not a port.

    Returns:
        `intact`, `seq` and `hash` of the last entry that holds, how many are `erased`, and
        `broken`: position and reason of the first that does not hold.
    """
    verdict = await ctx.memory.feed.verify(feed)
    return {"intact": verdict.is_intact, **verdict.model_dump(mode="json", exclude={"is_all"})}
