"""Which values are kept."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Limit


@block(
    title="List keys",
    effect="read",
    examples=(Example(inputs={"prefix": "orders/", "limit": 20}),),
)
async def keys(
    prefix: str = "", after: str = "", limit: Limit = 1_000, *, ctx: Context = LENT
) -> list[str]:
    """List the keys under which something is kept, in order.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        prefix: How they begin. All, if empty.
        after: The last key of the page before.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The keys.
    """
    found = await ctx.memory.records.keys(prefix, after=after, limit=limit)
    return [each.key for each in found]
