"""Runs of the workspace."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Past runs",
    effect="read",
    examples=(Example(inputs={"flow": "report", "status": "failed", "limit": 10}),),
)
async def runs(
    flow: str | None = None,
    status: str | None = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """List runs of the workspace, the newest first.

    Args:
        flow: Only runs of the flow of this name.
        status: Only runs in this state: `completed`, `failed`, …
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The runs: `run`, `flow`, `status`, `owner`, when they began and ended.
    """
    found = await ctx.memory.history.runs(flow=flow, status=status, limit=limit)
    return [run.model_dump(mode="json") for run in found]
