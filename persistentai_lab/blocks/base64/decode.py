"""Text back to bytes."""

import base64
import binascii

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Base64 decode",
    effect="pure",
    examples=(
        Example(inputs={"text": "+/8="}, output=b"\xfb\xff"),
        Example(inputs={"text": "-_8"}, output=b"\xfb\xff"),
    ),
)
def decode(text: str) -> bytes:
    """Read bytes that were written as Base64, in either alphabet.

    Args:
        text: Base64. White space is passed over, and `=` at the end may be missing.

    Returns:
        The bytes; `text.decode` makes text of them.

    Raises:
        NodeError: The text is no Base64.
    """
    bare = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NodeError(f"The text is no Base64: {problem}.") from None
