"""A list in pieces."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.flow.follow import ItemsOf


@block(
    title="Batches",
    effect="pure",
    examples=(
        Example(inputs={"items": [1, 2, 3], "size": 2}, output=[[1, 2], [3]]),
        Example(inputs={"items": [], "size": 2}, output=[]),
    ),
)
def batches(
    items: list[Any], size: Annotated[int, Field(ge=1)] = 100
) -> Annotated[list[list[Any]], ItemsOf(("items",))]:
    """Cut a list into batches, for a step that works on many items at once.

    Args:
        items: What to cut. Each batch has its type.
        size: How many items a batch has; the last one may have fewer.

    Returns:
        The batches, in order.
    """
    return [items[start : start + size] for start in range(0, len(items), size)]
