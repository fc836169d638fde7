"""Several texts to one."""

from persistentai_lab.blocks import Example, block


@block(
    title="Join",
    effect="pure",
    examples=(Example(inputs={"parts": ["a", "b"], "separator": ", "}, output="a, b"),),
)
def join(parts: list[str], separator: str = "\n") -> str:
    """Put texts together, in their order.

    Args:
        parts: The texts; an empty list gives an empty text.
        separator: Stands between two parts.

    Returns:
        One text.
    """
    return separator.join(parts)
