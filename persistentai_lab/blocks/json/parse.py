"""JSON text to a value."""

import json
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Parse JSON",
    effect="pure",
    examples=(Example(inputs={"text": '{"n": [1, 2]}'}, output={"n": [1, 2]}),),
)
def parse(text: str) -> Any:
    """Read JSON text. Its type is known only when it is read: `values.cast` promises one.

    Args:
        text: One JSON value. NaN and Infinity are no JSON.

    Returns:
        The value that the text stands for.

    Raises:
        NodeError: The text is no JSON; line and column are named.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as problem:
        raise NodeError(
            f"Not JSON: {problem.msg} in line {problem.lineno}, column {problem.colno}."
        ) from None
    except RecursionError:
        raise NodeError("The JSON is nested too deeply.") from None


def _refuse(constant: str) -> None:
    raise NodeError(f"Not JSON: {constant} is no number there.", remedy="Write null instead.")
