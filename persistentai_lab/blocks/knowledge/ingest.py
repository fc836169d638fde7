"""Take in a document."""

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Take in a document",
    effect="store",
    record_key="name",
    examples=(Example(inputs={"name": "tea.md", "data": b"# Tea\n\nGreen tea is not fermented."}),),
)
async def ingest(
    name: str, data: bytes, url: str | None = None, *, ctx: Context = LENT
) -> dict[str, int]:
    """Cut a document into pieces that can be recalled, each citing its page, lines or cell.

    Taken in again after a change, what did not change stays, and what is gone is closed. The
    document is read in a process with limits, and whatever it says is data.

    Args:
        name: The end of it says the format: PDF, DOCX, HTML, Markdown, notebook, code or text.
        data: Its bytes, up to 64 MiB.
        url: Where it was found, if it is from the web.
        ctx: Lent by the engine. Not a port.

    Returns:
        How many pieces were `added`, `kept` and `closed`.

    Raises:
        DocumentUnreadable: It is broken, locked or empty, or a package is missing.
    """
    from persistentai_lab.memory.knowledge.documents import read_document

    pieces = await read_document(name, data)
    return ctx.memory.knowledge.ingest(name, pieces, url=url)
