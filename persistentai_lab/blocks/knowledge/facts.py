"""Ask for facts."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Facts",
    effect="read",
    examples=(Example(inputs={"subject": "Ada"}),),
)
async def facts(
    subject: str | None = None,
    predicate: str | None = None,
    object: Any = None,
    past: bool = False,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """Ask which facts hold, newest first; with `past`, also those that hold no longer.

    Args:
        subject: About what; null is everything.
        predicate: Only these.
        object: Only those with this object.
        past: Also those that were closed.
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The facts: `subject`, `predicate`, `object`, `valid_from`, `valid_to`, `confidence`,
        `source`, `trust` and their ids.
    """
    found = await ctx.memory.knowledge.facts(
        subject, predicate, object=object, past=past, limit=limit
    )
    return [{**fact.model_dump(mode="json"), "source": str(fact.source)} for fact in found]
