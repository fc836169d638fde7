"""Capital letters."""

from persistentai_lab.blocks import Example, block


@block(
    title="Upper case",
    effect="pure",
    examples=(Example(inputs={"text": "straße"}, output="STRASSE"),),
)
def upper(text: str) -> str:
    """Write text in capital letters, by the rules of Unicode.

    Args:
        text: Any text. The result can be longer: ß becomes SS.

    Returns:
        The text in capital letters.
    """
    return text.upper()
