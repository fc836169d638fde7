"""How many."""

from typing import Any

from persistentai_lab.blocks import Example, block


@block(
    title="Length",
    effect="pure",
    examples=(Example(inputs={"items": ["a", "b"]}, output=2),),
)
def length(items: list[Any]) -> int:
    """Count the items of a list.

    Args:
        items: Any list.

    Returns:
        A whole number, 0 for an empty list.
    """
    return len(items)
