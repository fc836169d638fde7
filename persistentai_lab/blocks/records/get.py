"""Look up what was kept."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.model import Key


@block(
    title="Get a record",
    effect="read",
    examples=(Example(inputs={"key": "last report", "default": "none yet"}, output="none yet"),),
)
async def get(key: Key, default: Any = None, *, ctx: Context = LENT) -> Any:
    """Look up the value under a key.

    What it finds is recorded: a replay of the run sees the same, whatever was written since.

    Args:
        key: Name of the record, shared by all flows of the workspace.
        default: Handed on when nothing, or null, is kept under the key.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value. Its type is known only when it is read: `values.cast` promises one.
    """
    value = await ctx.memory.records.get(key)
    return default if value is None else value
