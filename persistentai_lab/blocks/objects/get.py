"""One value of an object."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Get field",
    effect="pure",
    examples=(
        Example(inputs={"object": {"name": "Ada", "mass": 3750}, "key": "mass"}, output=3750),
    ),
)
def get(object: dict[str, Any], key: str) -> Any:
    """Take one value out of an object.

    Args:
        object: Where it is.
        key: Its name.

    Returns:
        The value. Its type is known only when it is there: `values.cast` promises one.

    Raises:
        NodeError: The object has no such key; those it has are named.
    """
    if key not in object:
        there = ", ".join(map(repr, list(object)[:20])) or "nothing"
        raise NodeError(f"The object has no {key!r}.", remedy=f"There is: {there}.")
    return object[key]
