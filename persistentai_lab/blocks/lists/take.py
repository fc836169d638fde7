"""The first few."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.flow.follow import SameAs


@block(
    title="Take",
    effect="pure",
    examples=(Example(inputs={"items": ["a", "b", "c"], "count": 2}, output=["a", "b"]),),
)
def take(
    items: list[Any], count: Annotated[int, Field(ge=0)]
) -> Annotated[list[Any], SameAs("items")]:
    """Keep the first items of a list.

    Args:
        items: Any list. The output has its type.
        count: How many to keep; a shorter list stays as it is.

    Returns:
        The first items, in their order.
    """
    return items[:count]
