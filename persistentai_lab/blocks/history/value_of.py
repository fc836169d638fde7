"""What a step of another run gave."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Value of a past step",
    effect="read",
    examples=(Example(inputs={"run": "r-1", "node": "fetch"}),),
)
async def value_of(
    run: str, node: str, port: str = "result", *, ctx: Context = LENT
) -> dict[str, Any]:
    """Look up what a step gave.

    Args:
        run: Id of the run.
        node: Id of the node in it.
        port: Which of its outputs.
        ctx: Lent by the engine. Not a port.

    Returns:
        As it is recorded: `json` with the value, or `ref` with the hash of a value that stands
        apart, or `expired_at` with what is left of one that is no longer kept.
    """
    return await ctx.memory.history.value_of(run, node, port)
