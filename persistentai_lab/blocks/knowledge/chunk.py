"""Cut a text into pieces."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.flow.values import extra


@block(
    title="Cut into pieces",
    effect="pure",
    examples=(
        Example(
            inputs={"text": "# Tea\n\nGreen.\n\n# Coffee\n\nBlack.", "format": ".md"},
            output=[
                {"text": "Tea\nGreen.", "place": "line 3 · Tea"},
                {"text": "Coffee\nBlack.", "place": "line 7 · Coffee"},
            ],
        ),
    ),
)
def chunk(text: str, format: str = ".txt") -> list[dict[str, str]]:
    """Cut a text into pieces of 200–300 tokens, where its author parted it.

    Args:
        text: Plain text, Markdown or code.
        format: The end of a file's name: `.md`, `.py`, `.html`, `.txt`, …

    Returns:
        The pieces in order, each with its `place`: lines, and the heading or function it is of.
    """
    from persistentai_lab.memory.knowledge.documents.cut import cut
    from persistentai_lab.memory.knowledge.documents.formats import reader_of

    data = text.encode()
    with extra("knowledge"):
        pieces = cut(reader_of(f"text{format}", data)(data))
    return [piece.model_dump() for piece in pieces]
