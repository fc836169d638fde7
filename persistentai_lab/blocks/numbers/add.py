"""Sum of two numbers."""

from persistentai_lab.blocks import Example, block


@block(
    title="Add",
    effect="pure",
    examples=(Example(inputs={"left": 1, "right": 2.5}, output=3.5),),
)
def add(left: float, right: float) -> float:
    """Add two numbers.

    Args:
        left: Any number.
        right: Any number, in the same unit.

    Returns:
        The sum, in the unit of both.
    """
    return left + right
