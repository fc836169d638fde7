"""What came of what."""

from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Lineage",
    effect="read",
    examples=(Example(inputs={"of": "files:main/sales.csv", "direction": "down"}),),
)
async def lineage(
    of: Annotated[str, Field(pattern=r"^[a-z_]+:.+$", max_length=2_000)],
    direction: Literal["up", "down", "both"] = "both",
    depth: Annotated[int, Field(ge=1, le=50)] = 5,
    *,
    ctx: Context = LENT,
) -> dict[str, Any]:
    """Follow what came of a file, feed, record or run, or what it came of.

    Args:
        of: `run:r-…`, `feed:room/a`, `files:main/a.csv`, `records:key`; after an `@`, a version.
        direction: `up` to causes, `down` to effects.
        depth: How many edges away at most.
        ctx: Lent by the engine. Not a port.

    Returns:
        A graph as `networkx.node_link_graph` reads it: `nodes` and `edges`, from cause to effect.
    """
    return await ctx.memory.history.lineage(of, direction=direction, depth=depth)
