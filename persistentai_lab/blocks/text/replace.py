"""Other words in their place."""

import re

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.text.pattern import LIMIT_S, Pattern, compiled
from persistentai_lab.errors import NodeError


@block(
    title="Replace",
    effect="pure",
    cpu=True,
    timeout_s=LIMIT_S,
    examples=(
        Example(
            inputs={"text": "2026-01-31", "pattern": r"(\d+)-(\d+)-(\d+)", "by": r"\3.\2.\1"},
            output="31.01.2026",
        ),
        Example(
            inputs={"text": "1 + 1", "pattern": "+", "by": "and", "literal": True},
            output="1 and 1",
        ),
    ),
)
def replace(
    text: str, pattern: Pattern, by: str, *, literal: bool = False, ignore_case: bool = False
) -> str:
    r"""Replace every piece of a text that matches a regular expression (Python's).

    A pattern that would take for ever is ended after 10 seconds.

    Args:
        text: Any text of at most 10,000,000 characters.
        pattern: Regular expression, or the very text if `literal` is set.
        by: What comes in its place. `\1` or `\g<name>` is what a group has found.
        literal: Take `pattern` and `by` as they are written, without special characters.
        ignore_case: Take capital and small letters for the same.

    Returns:
        The text with all matches replaced.

    Raises:
        NodeError: The pattern is malformed, or `by` names a group that it has not.
    """
    found = compiled(re.escape(pattern) if literal else pattern, text, ignore_case=ignore_case)
    try:
        return found.sub(by.replace("\\", r"\\") if literal else by, text)
    except (re.error, IndexError) as problem:
        raise NodeError(
            f"{by!r} cannot be put in: {problem}.", remedy=r"Write a backslash twice: '\\\\'."
        ) from None
