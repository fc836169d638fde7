"""Regular expressions, as far as blocks use them.

A pattern can take for ever on a short text (`(a+)+b`), and Python's `re` holds the whole process
while it looks. So these blocks run in a child process (`cpu=True`) that is ended after `LIMIT_S`.
"""

import re
from typing import Annotated

from pydantic import Field

from persistentai_lab.errors import NodeError

LIMIT_S = 10.0
LONGEST = 10_000_000
"""Characters of a text that is searched."""

Pattern = Annotated[str, Field(min_length=1, max_length=1000)]


def compiled(pattern: str, text: str, *, ignore_case: bool) -> re.Pattern[str]:
    """The pattern, ready to be used on a text of this length."""
    if len(text) > LONGEST:
        raise NodeError(
            f"The text has {len(text):,} characters; {LONGEST:,} are searched at most.",
            remedy="Split it before, such as with `text.split_lines`.",
        )
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as problem:
        raise NodeError(
            f"{pattern!r} is no regular expression: {problem}.",
            remedy="A character that is meant as such, like `(` or `.`, stands behind a backslash.",
        ) from None
