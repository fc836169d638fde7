"""Add to a list that is kept."""

from typing import Annotated, Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.flow.follow import SameAs
from persistentai_lab.memory.records.model import Key


@block(
    title="Append to a record",
    effect="store",
    record_key="key",
    examples=(Example(inputs={"key": "visits", "item": 1}, output=1),),
)
async def append(key: Key, item: Any, *, ctx: Context = LENT) -> Annotated[Any, SameAs("item")]:
    """Add one item to the end of the list under a key, which is empty at first.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        key: Name of the record, shared by all flows of the workspace.
        item: Any JSON value.
        ctx: Lent by the engine. Not a port.

    Returns:
        The item: connect it to what must happen afterwards.
    """
    ctx.memory.records.append(key, item)
    return item
