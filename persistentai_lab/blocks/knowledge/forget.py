"""Erase for good."""

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Forget",
    effect="store",
    record_key="thread",
    examples=(Example(inputs={"subject": "Bob", "because": "he asked for it"}),),
)
async def forget(
    thread: str | None = None,
    subject: str | None = None,
    chunks: list[int] | None = None,
    because: str = "",
    *,
    ctx: Context = LENT,
) -> dict[str, int]:
    """Erase texts, their vectors and words, and the objects of facts: nobody can read them again.

    The history still says that something was here, when and by whom; its hash chain verifies. To
    say that something no longer holds, close it instead: `knowledge.close_fact`.

    Args:
        thread: All of a thread.
        subject: Every fact about it, or that names it.
        chunks: Texts, by their ids.
        because: Why; this stays.
        ctx: Lent by the engine. Not a port.

    Returns:
        How many `chunks` and `facts` were erased.

    Raises:
        NotInMemory: There is nothing of this.
    """
    return ctx.memory.knowledge.forget(
        thread=thread, subject=subject, chunks=chunks or (), because=because
    )
