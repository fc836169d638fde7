"""State a fact."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.knowledge.model import Confidence, Term


@block(
    title="Add a fact",
    effect="store",
    record_key="subject",
    examples=(
        Example(
            inputs={"subject": "Ada", "predicate": "lives in", "object": "Rome", "replaces": True}
        ),
    ),
)
async def add_fact(
    subject: Term,
    predicate: Term,
    object: Any,
    replaces: bool = False,
    confidence: Confidence = 1.0,
    *,
    ctx: Context = LENT,
) -> int:
    """State that something holds from now on. The same fact, still open, is not added twice.

    Args:
        subject: What it is about.
        predicate: `lives in`, `likes`, …
        object: A name, a text, a number, any JSON.
        replaces: There is one at a time: others with this subject and predicate are closed. They
            stay, for the past.
        confidence: From 0 to 1.
        ctx: Lent by the engine. Not a port.

    Returns:
        The id of the fact.
    """
    return ctx.memory.knowledge.add_fact(
        subject, predicate, object, replaces=replaces, confidence=confidence
    )
