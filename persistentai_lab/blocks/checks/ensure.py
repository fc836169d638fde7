"""Go on only if something holds."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.follow import SameAs


class CheckFailed(NodeError):
    """What the flow relies on does not hold."""

    code = "check_failed"


@block(
    title="Ensure",
    effect="pure",
    examples=(Example(inputs={"value": [1, 2], "that": True}, output=[1, 2]),),
)
def ensure(
    value: Any, that: bool, message: str = "A check of this flow does not hold."
) -> Annotated[Any, SameAs("value")]:
    """Hand a value on if a condition holds; fail otherwise.

    Args:
        value: Any JSON value. The output has its type.
        that: The condition.
        message: What to tell people when it doesn't hold.

    Returns:
        The value, unchanged.

    Raises:
        CheckFailed: The condition doesn't hold. Not retryable.
    """
    if not that:
        raise CheckFailed(message)
    return value
