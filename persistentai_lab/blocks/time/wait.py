"""Wait for a while."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.flow.follow import SameAs

_LONGEST_S = 86_400.0


@block(
    title="Wait",
    effect="read",
    examples=(Example(inputs={"value": "later", "seconds": 1.5}, output="later"),),
)
async def wait(
    value: Any, seconds: Annotated[float, Field(ge=0, le=_LONGEST_S)], *, ctx: Context = LENT
) -> Annotated[Any, SameAs("value")]:
    """Hand a value on after a while.

    A worker that dies in between begins the wait anew.

    Args:
        value: Any JSON value. The output has its type.
        seconds: How long, at most a day.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value, unchanged.
    """
    await ctx.sleep(seconds)
    return value
