"""An object with one value more."""

from typing import Any

from persistentai_lab.blocks import Example, block


@block(
    title="Put field",
    effect="pure",
    examples=(
        Example(inputs={"key": "mass", "value": 3750}, output={"mass": 3750}),
        Example(
            inputs={"key": "mass", "value": 3750, "into": {"name": "Ada"}},
            output={"name": "Ada", "mass": 3750},
        ),
    ),
)
def put(key: str, value: Any, into: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give a value a name, in a new object or next to those that an object already has.

    Several in a row collect the values of a `text.template`.

    Args:
        key: The name. A value of that name in `into` is replaced.
        value: Any JSON value.
        into: The object to start from.

    Returns:
        A new object; the one it started from is unchanged.
    """
    return {**(into or {}), key: value}
