"""Steps of runs."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Past steps",
    effect="read",
    examples=(Example(inputs={"flow": "report", "node": "fetch", "status": "failed"}),),
)
async def steps(
    run: str | None = None,
    flow: str | None = None,
    node: str | None = None,
    block: str | None = None,
    status: str | None = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """List attempts at steps, the newest first.

    Args:
        run: Only those of this run.
        flow: Only those of runs of the flow of this name.
        node: Only those of this node, or of the nodes inside it.
        block: Only those of this block, such as `http.get`.
        status: Only those in this state: `completed`, `failed`, …
        limit: At most so many.
        ctx: Lent by the engine. Not a port.

    Returns:
        The attempts: `run`, `node`, `block`, `status`, `outputs`, `error`, `cost`, …
    """
    found = await ctx.memory.history.steps(
        run=run, flow=flow, node=node, block=block, status=status, limit=limit
    )
    return [step.model_dump(mode="json") for step in found]
