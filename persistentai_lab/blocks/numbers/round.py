"""Fewer digits."""

import builtins
from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block


@block(
    title="Round",
    effect="pure",
    examples=(
        Example(inputs={"value": 3.14159, "digits": 2}, output=3.14),
        Example(inputs={"value": 2.5}, output=2.0),
    ),
)
def round(value: float, digits: Annotated[int, Field(ge=-300, le=300)] = 0) -> float:
    """Round a number to so many digits after the point.

    A number exactly half-way goes to the even neighbour, so that sums of rounded numbers don't
    drift upwards.

    Args:
        value: Any number.
        digits: Digits that stay after the point; -2 rounds to hundreds.

    Returns:
        The rounded number, in the unit of the value.
    """
    return builtins.round(value, digits)
