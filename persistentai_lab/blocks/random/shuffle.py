"""In any order."""

from typing import Annotated, Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.random.source import Seed, chance
from persistentai_lab.flow.follow import SameAs


@block(
    title="Shuffle",
    effect="read",
    examples=(Example(inputs={"items": [1, 2, 3, 4], "seed": 7}, output=[3, 1, 2, 4]),),
)
def shuffle(
    items: list[Any], *, seed: Seed = None, ctx: Context = LENT
) -> Annotated[list[Any], SameAs("items")]:
    """Put the items of a list in a random order, each order as likely as any.

    The order is recorded: a replay of the run shows the same.

    Args:
        items: Any list. The output has its type.
        seed: The same order in every run with the same seed; another in each run when left out.
        ctx: Lent by the engine. Not a port.

    Returns:
        The same items in their new order.
    """
    return chance(seed, ctx).sample(items, len(items))
