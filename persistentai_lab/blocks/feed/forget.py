"""Erase what entries of a feed say."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="Erase from a feed",
    effect="store",
    record_key="feed",
    examples=(Example(inputs={"feed": "room/support", "seqs": [3], "reason": "asked to"}),),
)
async def forget(
    feed: FeedName,
    seqs: list[Annotated[int, Field(ge=1)]],
    reason: str = "",
    *,
    ctx: Context = LENT,
) -> list[int]:
    """Erase what some entries say, for good. Their hashes stay, so the feed can still be verified.

    An entry of kind `erased` says which positions are gone, and why.

    Args:
        feed: Its name.
        seqs: Positions of the entries; at most 1,000.
        reason: Why, for whoever reads the feed.
        ctx: Lent by the engine. Not a port.

    Returns:
        The positions that were erased now; the others had been before.
    """
    if not seqs:
        return []
    return ctx.memory.feed.forget(feed, seqs, reason=reason)
