"""The state that a feed describes."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="State of a feed",
    effect="read",
    examples=(Example(inputs={"feed": "session/plan"}),),
)
async def state(
    feed: FeedName, at: Annotated[int, Field(ge=0)] | None = None, *, ctx: Context = LENT
) -> Any:
    """Read the state of a feed: what its patches make of an empty object.

    Args:
        feed: Its name.
        at: The position at which to look; as it is now when left out.
        ctx: Lent by the engine. Not a port.

    Returns:
        The state, any JSON value.
    """
    return (await ctx.memory.feed.state(feed, at=at)).state
