"""One text to its lines."""

from persistentai_lab.blocks import Example, block


@block(
    title="Split lines",
    effect="pure",
    examples=(Example(inputs={"text": "a\n\nb"}, output=["a", "b"]),),
)
def split_lines(text: str, *, keep_empty: bool = False) -> list[str]:
    """Split text at line breaks.

    Args:
        text: Any text.
        keep_empty: Keep lines that hold only white space.

    Returns:
        The lines, without their line breaks.
    """
    lines = text.splitlines()
    return lines if keep_empty else [line for line in lines if line.strip()]
