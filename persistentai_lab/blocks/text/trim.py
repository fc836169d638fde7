"""Without blanks at the ends."""

from persistentai_lab.blocks import Example, block


@block(
    title="Trim",
    effect="pure",
    examples=(
        Example(inputs={"text": "  a b\n"}, output="a b"),
        Example(inputs={"text": " a \n  b ", "inside": True}, output="a b"),
    ),
)
def trim(text: str, *, inside: bool = False) -> str:
    """Take white space off both ends of a text.

    Args:
        text: Any text.
        inside: Make one blank of any white space between words, too.

    Returns:
        The text without it.
    """
    return " ".join(text.split()) if inside else text.strip()
