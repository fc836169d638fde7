"""Several values to one list."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.flow.follow import ItemsOf

ABSENT = {"$pai": "absent"}
"""Stands for an item that was not given: null is a value like any other."""

PORTS = ("a", "b", "c", "d", "e", "f", "g", "h")


@block(
    title="List of",
    effect="pure",
    examples=(
        Example(inputs={"a": "one", "b": 2, "c": None}, output=["one", 2, None]),
        Example(inputs={"a": "alone"}, output=["alone"]),
    ),
)
def of(
    a: Any,
    b: Any = ABSENT,
    c: Any = ABSENT,
    d: Any = ABSENT,
    e: Any = ABSENT,
    f: Any = ABSENT,
    g: Any = ABSENT,
    h: Any = ABSENT,
) -> Annotated[list[Any], ItemsOf(PORTS)]:
    """Make a list of up to eight values, in their order. This is how branches come together.

    Args:
        a: The first item.
        b: The second; what is not given is left out.
        c: The third.
        d: The fourth.
        e: The fifth.
        f: The sixth.
        g: The seventh.
        h: The eighth.

    Returns:
        The values that were given, in the order of the inputs.
    """
    return [item for item in (a, b, c, d, e, f, g, h) if item != ABSENT]
