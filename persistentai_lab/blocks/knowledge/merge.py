"""Close what was remembered twice."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.knowledge.consolidate import twins
from persistentai_lab.memory.knowledge.model import Thread


@block(
    title="Merge duplicates",
    effect="store",
    record_key="thread",
    examples=(Example(inputs={"thread": "notes"}),),
)
async def merge(
    thread: Thread = "notes",
    alike: Annotated[float, Field(gt=0.5, le=1)] = 0.97,
    *,
    ctx: Context = LENT,
) -> list[int]:
    """Close notes that say again what an older one of their thread says. No model is asked.

    The same words in any case and spacing are the same; so are texts whose vectors are as good as
    equal, where an embedder is installed, unless their numbers differ. The oldest stays. Only the
    thousand newest are compared.

    Args:
        thread: Whose notes.
        alike: From which cosine on two texts say the same.
        ctx: Lent by the engine. Not a port.

    Returns:
        The ids of those that were closed.
    """
    chunks = await ctx.memory.knowledge.chunks(thread)
    texts = [chunk.text or "" for chunk in chunks]
    standing = await ctx.memory.knowledge.status()
    vectors = await ctx.memory.knowledge.embed(texts) if standing.model and texts else None
    again = twins(chunks, vectors, alike)
    if not again:
        return []
    return ctx.memory.knowledge.close(thread, again, because="an older note says the same")
