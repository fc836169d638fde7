"""Bytes to text."""

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Bytes to text",
    effect="pure",
    examples=(Example(inputs={"data": b"\xc3\xa9"}, output="é"),),
)
def decode(data: bytes, encoding: str = "utf-8") -> str:
    """Read bytes as text. A byte order mark at their beginning is dropped.

    Args:
        data: Any bytes.
        encoding: How the text is stored: 'utf-8', 'cp1252', 'latin-1', …

    Returns:
        The text.

    Raises:
        NodeError: There is no such encoding, or the bytes are no text in it.
    """
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise NodeError(f"No encoding is called {encoding!r}.", remedy="Try 'utf-8'.") from None
    except UnicodeDecodeError as problem:
        raise NodeError(
            f"The bytes are no {encoding} text: byte {problem.start} is "
            f"0x{data[problem.start]:02x}.",
            remedy="Files from Windows are often 'cp1252', old ones 'latin-1'.",
        ) from None
