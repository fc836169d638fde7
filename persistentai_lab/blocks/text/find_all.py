"""All places that match."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.text.pattern import LIMIT_S, Pattern, compiled
from persistentai_lab.errors import NodeError


@block(
    title="Find all",
    effect="pure",
    cpu=True,
    timeout_s=LIMIT_S,
    examples=(
        Example(inputs={"text": "a1, b22", "pattern": r"\d+"}, output=["1", "22"]),
        Example(
            inputs={"text": "x=1 y=2", "pattern": r"(\w)=(?P<value>\d)", "group": "value"},
            output=["1", "2"],
        ),
    ),
)
def find_all(
    text: str,
    pattern: Pattern,
    *,
    group: Annotated[int, Field(ge=0)] | str = 0,
    ignore_case: bool = False,
) -> list[str]:
    r"""Find every piece of a text that matches a regular expression (Python's).

    A pattern that would take for ever is ended after 10 seconds.

    Args:
        text: Any text of at most 10,000,000 characters.
        pattern: Regular expression: `\d+` finds numbers. `(?m)` at its beginning lets `^` and `$`
            mean every line.
        group: Which part of a match is handed on: the number or the name of a group; 0 is all.
        ignore_case: Take capital and small letters for the same.

    Returns:
        The pieces in their order, without overlaps. A match in which the group has no part is
            passed over.

    Raises:
        NodeError: The pattern is malformed, or has no such group.
    """
    found = compiled(pattern, text, ignore_case=ignore_case)
    if group not in range(found.groups + 1) and group not in found.groupindex:
        named = "".join(f", {name!r}" for name in found.groupindex)
        raise NodeError(
            f"The pattern has no group {group!r}.", remedy=f"There is: 0 to {found.groups}{named}."
        )
    pieces = (match[group] for match in found.finditer(text))
    return [piece for piece in pieces if piece is not None]
