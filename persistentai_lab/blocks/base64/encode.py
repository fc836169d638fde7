"""Bytes as text."""

import base64

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Base64 encode",
    effect="pure",
    examples=(
        Example(inputs={"data": b"\xfb\xff"}, output="+/8="),
        Example(inputs={"data": "é", "url_safe": True}, output="w6k="),
    ),
)
def encode(data: bytes | str, *, url_safe: bool = False) -> str:
    """Write bytes as text of 64 safe characters, a third longer.

    Args:
        data: Bytes; text is taken as UTF-8.
        url_safe: Write `-` and `_` in place of `+` and `/`.

    Returns:
        The text, on one line.

    Raises:
        NodeError: A text holds half a character.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
    except UnicodeEncodeError:
        raise NodeError("The text holds half a character.") from None
    return base64.b64encode(raw, altchars=b"-_" if url_safe else None).decode()
