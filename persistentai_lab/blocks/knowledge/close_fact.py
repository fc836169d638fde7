"""Say that a fact holds no longer."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.knowledge.model import Term


@block(
    title="Close a fact",
    effect="store",
    record_key="subject",
    examples=(Example(inputs={"subject": "Ada", "predicate": "lives in", "because": "moved"}),),
)
async def close_fact(
    subject: Term,
    predicate: Term,
    object: Any = None,
    because: str = "",
    *,
    ctx: Context = LENT,
) -> list[int]:
    """Say that a fact holds no longer. It stays, with its times, for whoever asks for the past.

    Args:
        subject: What it is about.
        predicate: `lives in`, `likes`, …
        object: Which one; null closes all with this subject and predicate.
        because: Why.
        ctx: Lent by the engine. Not a port.

    Returns:
        The ids of the facts that were closed.

    Raises:
        NotInMemory: No such fact is open.
    """
    return ctx.memory.knowledge.close_fact(subject, predicate, object, because=because)
