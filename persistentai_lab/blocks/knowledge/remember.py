"""Keep a text."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.knowledge.model import Thread


@block(
    title="Remember",
    effect="store",
    record_key="thread",
    examples=(Example(inputs={"text": "The workshop is in room 4.", "thread": "notes/travel"}),),
)
async def remember(
    text: str, thread: Thread = "notes", document: bool = False, *, ctx: Context = LENT
) -> int:
    """Keep a text, so that it is found again by its words and by what it means.

    Args:
        text: A sentence or a paragraph, up to 20,000 characters. Longer text: `knowledge.ingest`.
        thread: What it is part of. Texts of one thread are neighbours in the order they came.
        document: It was read somewhere, and nobody vouches for it. Recall says so.
        ctx: Lent by the engine. Not a port.

    Returns:
        The id of its chunk.
    """
    return ctx.memory.knowledge.remember(text, thread=thread, document=document)
