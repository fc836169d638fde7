"""Take a value away."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Expected
from persistentai_lab.memory.records.model import Key


@block(
    title="Delete a record",
    effect="store",
    record_key="key",
    examples=(Example(inputs={"key": "session/7"}, output="session/7"),),
)
async def delete(key: Key, expected: Expected = None, *, ctx: Context = LENT) -> str:
    """Take the value under a key away. Nothing happens if there is none.

    Args:
        key: Name of the record, shared by all flows of the workspace.
        expected: The revision that has to be there still. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The key: connect it to what must happen afterwards.

    Raises:
        WriteConflict: Another revision is there than was expected.
    """
    ctx.memory.records.delete(key, expected=expected)
    return key
