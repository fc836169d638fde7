"""The first of several values that is there."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.lists.of import ABSENT, PORTS
from persistentai_lab.flow.follow import FIRST_OF, AnyOf


@block(
    title="First of",
    effect="pure",
    examples=(
        Example(inputs={"a": None, "b": 2, "c": 3}, output=2),
        Example(inputs={"a": False, "b": 1}, output=False),
    ),
)
def first(
    a: Any,
    b: Any = ABSENT,
    c: Any = ABSENT,
    d: Any = ABSENT,
    e: Any = ABSENT,
    f: Any = ABSENT,
    g: Any = ABSENT,
    h: Any = ABSENT,
) -> Annotated[Any, AnyOf(PORTS, FIRST_OF)]:
    """Take the first of up to eight values that is not null. This is how branches come together.

    Args:
        a: The first value.
        b: The second.
        c: The third.
        d: The fourth.
        e: The fifth.
        f: The sixth.
        g: The seventh.
        h: The eighth.

    Returns:
        The first that is not null, in the order of the inputs; null if all are.
    """
    given = (item for item in (a, b, c, d, e, f, g, h) if item != ABSENT)
    return next((item for item in given if item is not None), None)
