"""Make vectors of texts."""

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Embed texts",
    effect="read",
    examples=(Example(inputs={"texts": ["a cat", "a kitten"]}),),
)
async def embed(texts: list[str], *, ctx: Context = LENT) -> list[list[float]]:
    """Make a vector of each text: what means the like lies in the like direction.

    Args:
        texts: Up to 1,000.
        ctx: Lent by the engine. Not a port.

    Returns:
        A vector of length 1 for each text, in their order.

    Raises:
        NotInMemory: No embedder is installed.
    """
    return await ctx.memory.knowledge.embed(texts)
