"""Keep a value."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.flow.follow import SameAs

Key = Annotated[str, Field(min_length=1, max_length=500)]


@block(
    title="Put into memory",
    effect="store",
    record_key="key",
    examples=(Example(inputs={"key": "last report", "value": "fine"}, output="fine"),),
)
def put(key: Key, value: Any, *, ctx: Context = LENT) -> Annotated[Any, SameAs("value")]:
    """Keep a value under a key, in place of the one before.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        key: Name of the record, shared by all flows of the workspace.
        value: Any JSON value; null is a value too.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value: connect it to what must happen afterwards.
    """
    ctx.memory.put(key, value)
    return value
