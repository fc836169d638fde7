"""A JSON file to a value."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.json.parse import parse
from persistentai_lab.blocks.location import read_text


@block(
    title="Read JSON",
    effect="read",
    examples=(Example(inputs={"path": "settings.json"}),),
)
def read(path: str, *, encoding: str = "utf-8") -> Any:
    """Read a JSON file. Its type is known only when it is read: `values.cast` promises one.

    Args:
        path: A file on the worker's machine. A relative path starts at the folder
            `PERSISTENTAI_FILES`.
        encoding: How the text is stored as bytes.

    Returns:
        The value that the file holds.

    Raises:
        NodeError: The file is missing, is not text in this encoding, or is no JSON.
    """
    return parse(read_text(path, encoding))
