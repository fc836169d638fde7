"""Put together what goes into a turn."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Context for a turn",
    effect="read",
    examples=(
        Example(
            inputs={"query": "When is the workshop?", "budget_tokens": 1000, "feed": "room/support"}
        ),
    ),
)
async def context(
    query: str,
    budget_tokens: Annotated[int, Field(ge=50, le=1_000_000)] = 2_000,
    feed: str | None = None,
    records: list[str] | None = None,
    trusted: bool = False,
    *,
    ctx: Context = LENT,
) -> dict[str, Any]:
    """Choose what an agent should know for a turn, from all layers, within a budget of tokens.

    Records asked for by key, the newest entries of a feed, facts that hold and texts that are
    recalled; nothing twice, in an order that is the same whenever memory is. What came from
    documents is fenced, and marked as data.

    A file belongs in once it was taken in: put `knowledge.ingest_file` before this.

    Args:
        query: What the turn is about.
        budget_tokens: At most so many, by an estimate of four bytes a token.
        feed: Whose newest entries belong in.
        records: Keys of records that belong in.
        trusted: Leave out what came from documents.
        ctx: Lent by the engine. Not a port.

    Returns:
        `text`, as it goes into a prompt; `pieces`, each with `why` and `source`; `left_out`, with
        the reasons; and `tokens`.
    """
    found = await ctx.memory.knowledge.context(
        query, budget_tokens=budget_tokens, feed=feed, records=records or (),
        trust=("person", "run") if trusted else (),
    )  # fmt: skip
    return found.model_dump(mode="json")
