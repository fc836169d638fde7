"""One of many."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.blocks.random.source import Seed, chance
from persistentai_lab.errors import NodeError


@block(
    title="Random choice",
    effect="read",
    examples=(Example(inputs={"items": ["a", "b", "c"], "seed": 7}, output="b"),),
)
def choice(items: list[Any], *, seed: Seed = None, ctx: Context = LENT) -> Any:
    """Draw one item of a list, each as likely as any.

    What is drawn is recorded: a replay of the run shows the same item.

    Args:
        items: Any list that is not empty.
        seed: Draw the same item in every run with the same seed; another in each run when left out.
        ctx: Lent by the engine. Not a port.

    Returns:
        The item. Its type is known only when it is drawn: `values.cast` promises one.

    Raises:
        NodeError: The list is empty.
    """
    if not items:
        raise NodeError("There is nothing to choose from.")
    return chance(seed, ctx).choice(items)
