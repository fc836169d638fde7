"""A literal with an output."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.flow.follow import SameAs


@block(
    title="Constant",
    effect="pure",
    examples=(Example(inputs={"value": [1, 2, 3]}, output=[1, 2, 3]),),
)
def constant(value: Any) -> Annotated[Any, SameAs("value")]:
    """Hand on one value, so that several nodes can share it.

    Args:
        value: Any JSON value. The output has its type.

    Returns:
        The value.
    """
    return value
