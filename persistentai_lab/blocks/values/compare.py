"""One value against another."""

import operator
from collections.abc import Callable
from typing import Any, Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@block(
    title="Compare",
    effect="pure",
    examples=(
        Example(inputs={"left": 3, "how": ">", "right": 2}, output=True),
        Example(inputs={"left": "a", "how": "==", "right": "b"}, output=False),
        Example(inputs={"left": 1, "how": "==", "right": True}, output=False),
    ),
)
def compare(
    left: Any, how: Literal["==", "!=", "<", "<=", ">", ">="] = "==", right: Any = None
) -> bool:
    """Compare two values; made for `control.when` and the test of `control.repeat`.

    Args:
        left: The one value.
        how: What is asked.
        right: The other.

    Returns:
        Whether it holds.

    Raises:
        NodeError: The two have no order.
    """
    if how in ("==", "!="):
        return _same(left, right) == (how == "==")
    try:
        return bool(_HOLDS[how](left, right))
    except TypeError as problem:
        raise NodeError(f"These have no order: {problem}.") from None


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)
