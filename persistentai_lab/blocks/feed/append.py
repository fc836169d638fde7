"""Say something in a feed."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName, Kind


@block(
    title="Append to a feed",
    effect="store",
    examples=(Example(inputs={"feed": "room/support", "body": {"text": "Hello"}}),),
)
async def append(feed: FeedName, body: Any, kind: Kind = "message", *, ctx: Context = LENT) -> int:
    """Add an entry to the end of a feed; a feed begins with its first entry.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        feed: Its name, shared by all flows of the workspace. A slash makes a folder.
        body: Any JSON value.
        kind: What it is: `message`, `note`, …
        ctx: Lent by the engine. Not a port.

    Returns:
        Its position in the feed, counted from 1.
    """
    return ctx.memory.feed.append(feed, body, kind=kind)
