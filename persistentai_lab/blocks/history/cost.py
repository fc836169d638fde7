"""What runs have spent."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.history.asks import By


@block(title="Costs", effect="read", examples=(Example(inputs={"by": "day", "flow": "report"}),))
async def cost(
    by: By = "flow", flow: str | None = None, *, ctx: Context = LENT
) -> list[dict[str, Any]]:
    """Sum up what steps have spent, by groups, the most first.

    Args:
        by: What makes a group: the flow, the block, the node, the day, …
        flow: Only runs of the flow of this name.
        ctx: Lent by the engine. Not a port.

    Returns:
        The groups: `group`, `tokens`, `money` by currency, `seconds` in bodies, how many `steps`.
    """
    return [it.model_dump(mode="json") for it in await ctx.memory.history.cost(by, flow=flow)]
