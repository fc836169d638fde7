"""Look around a chunk."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block

Few = Annotated[int, Field(ge=0, le=100)]


@block(
    title="Neighbours",
    effect="read",
    examples=(Example(inputs={"chunk": 12, "before": 1, "after": 1}),),
)
async def neighbours(
    chunk: int, before: Few = 2, after: Few = 2, *, ctx: Context = LENT
) -> list[dict[str, Any]]:
    """Read what stands before and after a chunk: the rest of the page, what was said next.

    Args:
        chunk: Its id, as `knowledge.recall` says it.
        before: How many before it.
        after: How many after it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The chunks in order, itself among them: `id`, `text`, `position`, `source`, `trust`.

    Raises:
        NotInMemory: There is no such chunk.
    """
    found = await ctx.memory.knowledge.neighbours(chunk, before=before, after=after)
    return [
        {
            "id": each.id, "text": each.text, "position": each.position,
            "source": str(each.source), "trust": each.trust,
        }
        for each in found
    ]  # fmt: skip
