"""Text to bytes."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Text to bytes",
    effect="pure",
    examples=(Example(inputs={"text": "é"}, output=b"\xc3\xa9"),),
)
def encode(text: str, encoding: str = "utf-8") -> bytes:
    """Write a text as bytes.

    Args:
        text: Any text.
        encoding: How characters are written: 'utf-8', 'cp1252', 'latin-1', …

    Returns:
        The bytes.

    Raises:
        NodeError: There is no such encoding, or it lacks a character of the text.
    """
    try:
        return text.encode(encoding)
    except LookupError:
        raise NodeError(f"No encoding is called {encoding!r}.", remedy="Try 'utf-8'.") from None
    except UnicodeEncodeError as problem:
        raise NodeError(
            f"{encoding!r} cannot write {text[problem.start]!r}.", remedy="'utf-8' writes all."
        ) from None
