"""A number that nobody foresees."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.random.source import Seed, chance
from persistentai_lab.errors import NodeError


@block(
    title="Random number",
    effect="read",
    examples=(Example(inputs={"low": 1, "high": 6, "whole": True, "seed": 7}, output=3),),
)
def number(
    low: float = 0.0,
    high: float = 1.0,
    *,
    whole: bool = False,
    seed: Seed = None,
    ctx: Context = LENT,
) -> float:
    """Draw a number between two others, each as likely as any.

    What is drawn is recorded: a replay of the run shows the same number.

    Args:
        low: Smallest number that may be drawn.
        high: Largest number that may be drawn.
        whole: Draw whole numbers only, both ends included.
        seed: Draw the same number in every run with the same seed; another in each run when left
            out.
        ctx: Lent by the engine. Not a port.

    Returns:
        The number.

    Raises:
        NodeError: There is no such number between the two.
    """
    if whole:
        first, last = -int(-low // 1), int(high // 1)
        if first > last:
            raise NodeError(f"There is no whole number from {low:g} to {high:g}.")
        return chance(seed, ctx).randint(first, last)
    if low > high:
        raise NodeError(f"{low:g} is more than {high:g}.", remedy="Exchange `low` and `high`.")
    return chance(seed, ctx).uniform(low, high)
