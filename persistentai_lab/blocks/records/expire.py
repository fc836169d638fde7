"""Say for how long a value is kept."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.records.asks import Seconds
from persistentai_lab.memory.records.model import Key


@block(
    title="Expire a record",
    effect="store",
    record_key="key",
    examples=(Example(inputs={"key": "session/7", "ttl": 3600}, output="session/7"),),
)
async def expire(key: Key, ttl: Seconds | None = None, *, ctx: Context = LENT) -> str:
    """Say for how long the value under a key is still kept. Then it is not there.

    Args:
        key: Name of the record. Nothing happens if there is none.
        ttl: Seconds from now, by the database's clock. For ever, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The key: connect it to what must happen afterwards.
    """
    ctx.memory.records.expire(key, ttl)
    return key
