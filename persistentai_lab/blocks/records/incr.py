"""Count."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Number, Seconds
from persistentai_lab.memory.records.model import Key


@block(
    title="Count up",
    effect="store",
    record_key="key",
    examples=(
        Example(inputs={"key": "orders/today"}),
        Example(inputs={"key": "seats left", "by": -1, "at_least": 0}),
    ),
)
async def incr(
    key: Key,
    by: Number = 1,
    at_least: Number | None = None,
    at_most: Number | None = None,
    ttl: Seconds | None = None,
    *,
    ctx: Context = LENT,
) -> float:
    """Add to the number under a key, which is 0 at first.

    Whoever counts at the same time, none is lost; and this step counts once, whatever crashes.

    Args:
        key: Name of the record, shared by all flows of the workspace.
        by: How much; a negative number counts down.
        at_least: The step fails rather than make the number smaller than this.
        at_most: The step fails rather than make it larger than this.
        ttl: For how many seconds a new number is kept; one that is there keeps its time.
        ctx: Lent by the engine. Not a port.

    Returns:
        The new number.

    Raises:
        OutOfBounds: The number would leave its bounds; it is as it was.
    """
    return ctx.memory.records.incr(key, by, at_least=at_least, at_most=at_most, ttl=ttl)
