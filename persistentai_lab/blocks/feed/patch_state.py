"""Change the state that a feed describes."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.feed.model import FeedName


@block(
    title="Change a feed's state",
    effect="store",
    record_key="feed",
    examples=(
        Example(
            inputs={
                "feed": "session/plan",
                "patch": [{"op": "add", "path": "/goal", "value": "ship"}],
            }
        ),
    ),
)
async def patch_state(feed: FeedName, patch: list[dict[str, Any]], *, ctx: Context = LENT) -> int:
    """Change the state of a feed by a JSON Patch, which becomes an entry of it.

    Of two steps that change the same state at once, the second sees what the first made of it; a
    patch that does not fit then is refused, and the step fails. `test` operations say what has to
    be so.

    Args:
        feed: Its name; a state begins as an empty object.
        patch: Operations, each an object with `op`, `path` and `value` or `from`.
        ctx: Lent by the engine. Not a port.

    Returns:
        The position of the entry.

    Source:
        RFC 6902, "JavaScript Object Notation (JSON) Patch".
    """
    return ctx.memory.feed.patch_state(feed, patch)
