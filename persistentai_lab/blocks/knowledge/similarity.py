"""Compare two texts by meaning."""

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Similarity",
    effect="read",
    examples=(Example(inputs={"a": "a cat sleeps", "b": "a kitten takes a nap"}),),
)
async def similarity(a: str, b: str, *, ctx: Context = LENT) -> float:
    """Say how alike two texts are in what they mean.

    Args:
        a: A text.
        b: Another.
        ctx: Lent by the engine. Not a port.

    Returns:
        The cosine of their vectors: 1 for the same, about 0 for nothing in common.

    Raises:
        NotInMemory: No embedder is installed.
    """
    one, other = await ctx.memory.knowledge.embed([a, b])
    return round(sum(x * y for x, y in zip(one, other, strict=True)), 6)
