"""Is it in there?"""

from persistentai_lab.blocks import Example, block


@block(
    title="Contains",
    effect="pure",
    examples=(
        Example(inputs={"text": "Gentoo penguin", "part": "penguin"}, output=True),
        Example(inputs={"text": "STRASSE", "part": "straße", "ignore_case": True}, output=True),
    ),
)
def contains(text: str, part: str, *, ignore_case: bool = False) -> bool:
    """Say whether a text contains another.

    Args:
        text: Any text.
        part: What is looked for; nothing at all is in every text.
        ignore_case: Take capital and small letters for the same, by the rules of Unicode.

    Returns:
        True or false.
    """
    return part.casefold() in text.casefold() if ignore_case else part in text
