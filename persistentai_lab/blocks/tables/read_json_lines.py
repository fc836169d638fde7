"""A file of JSON lines to a table."""

import json
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.location import read_text
from persistentai_lab.blocks.tables.from_rows import from_rows
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@block(
    title="Read JSON lines",
    effect="read",
    examples=(Example(inputs={"path": "visits.jsonl"}),),
)
def read_json_lines(path: str, *, encoding: str = "utf-8") -> Table:
    """Read a file with one JSON object a line into a table.

    Args:
        path: A file on the worker's machine. A relative path starts at the folder
            `PERSISTENTAI_FILES`.
        encoding: How the text is stored as bytes.

    Returns:
        A table with a row for each line that is not empty. An object may lack a column.

    Raises:
        NodeError: The file is missing, a line is no JSON object (it is named), or a column mixes
            kinds.
    """
    lines = enumerate(read_text(path, encoding).split("\n"), start=1)
    return from_rows([_row(line, text) for line, text in lines if text.strip()])


def _row(line: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise NodeError(f"Line {line} is no JSON: {problem}.") from None
    if not isinstance(row, dict):
        raise NodeError(f"Line {line} is {type(row).__name__}, not an object.")
    return row


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number there; write null instead")
