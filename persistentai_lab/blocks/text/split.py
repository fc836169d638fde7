"""One text to its parts."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.text.pattern import LIMIT_S, Pattern, compiled


@block(
    title="Split",
    effect="pure",
    cpu=True,
    timeout_s=LIMIT_S,
    examples=(
        Example(inputs={"text": "a, b;c", "pattern": r"[,;]\s*"}, output=["a", "b", "c"]),
        Example(inputs={"text": "a,,b", "pattern": ",", "keep_empty": True}, output=["a", "", "b"]),
    ),
)
def split(
    text: str, pattern: Pattern, *, keep_empty: bool = False, ignore_case: bool = False
) -> list[str]:
    r"""Split a text wherever a regular expression (Python's) matches.

    A pattern that would take for ever is ended after 10 seconds.

    Args:
        text: Any text of at most 10,000,000 characters.
        pattern: Regular expression: `,\s*` splits at commas.
        keep_empty: Keep parts in which there is nothing.
        ignore_case: Take capital and small letters for the same.

    Returns:
        The parts, without what was between them.

    Raises:
        NodeError: The pattern is malformed.
    """
    parts, end = [], 0
    for match in compiled(pattern, text, ignore_case=ignore_case).finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
    parts.append(text[end:])
    return parts if keep_empty else [part for part in parts if part]
