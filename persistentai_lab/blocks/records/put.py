"""Keep a value."""

from typing import Annotated, Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.flow.follow import SameAs
from persistentai_lab.memory.records.asks import Expected, Seconds
from persistentai_lab.memory.records.model import Key


@block(
    title="Put a record",
    effect="store",
    record_key="key",
    examples=(
        Example(inputs={"key": "last report", "value": "fine"}, output="fine"),
        Example(inputs={"key": "session/7", "value": {"step": 1}, "ttl": 3600}),
    ),
)
async def put(
    key: Key,
    value: Any,
    ttl: Seconds | None = None,
    expected: Expected = None,
    *,
    ctx: Context = LENT,
) -> Annotated[Any, SameAs("value")]:
    """Keep a value under a key, in place of the one before.

    It is written together with the record that this step is done: once, whatever crashes.

    Args:
        key: Name of the record, shared by all flows of the workspace. A slash makes a folder.
        value: Any JSON value; null is a value too.
        ttl: For how many seconds it is kept; then it is not there. For ever, if empty.
        expected: The revision that has to be there still; 0 if nothing may be there. Any, if empty.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value: connect it to what must happen afterwards.

    Raises:
        WriteConflict: Another revision is there than was expected.
    """
    ctx.memory.records.put(key, value, ttl=ttl, expected=expected)
    return value
