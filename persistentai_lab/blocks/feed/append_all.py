"""Say several things in a feed."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName, Kind, NewEntry


@block(
    title="Append several to a feed",
    effect="store",
    examples=(
        Example(
            inputs={"feed": "room/support", "bodies": [{"text": "Hello"}, {"text": "Anybody?"}]}
        ),
    ),
)
async def append_all(
    feed: FeedName, bodies: list[Any], kind: Kind = "message", *, ctx: Context = LENT
) -> list[int]:
    """Add entries to the end of a feed, one after the other: all of them, or none.

    They are written together with the record that this step is done: once, whatever crashes.

    Args:
        feed: Its name, shared by all flows of the workspace.
        bodies: A JSON value for each entry; at most 1,000.
        kind: What they are: `message`, `note`, …
        ctx: Lent by the engine. Not a port.

    Returns:
        The position of each, counted from 1.
    """
    if not bodies:
        return []
    return ctx.memory.feed.append_all(feed, [NewEntry(body=body, kind=kind) for body in bodies])
