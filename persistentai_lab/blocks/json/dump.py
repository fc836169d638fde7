"""A value to JSON text."""

import json
from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Write JSON",
    effect="pure",
    examples=(
        Example(inputs={"value": {"é": [1, None]}}, output='{"é": [1, null]}'),
        Example(inputs={"value": {"b": 1, "a": 2}, "indent": 2, "sort_keys": True},
                output='{\n  "a": 2,\n  "b": 1\n}'),
    ),
)  # fmt: skip
def dump(
    value: Any, *, indent: Annotated[int, Field(ge=0, le=8)] | None = None, sort_keys: bool = False
) -> str:
    """Write a value as JSON text.

    Args:
        value: Any JSON value.
        indent: Blanks by which each level is moved to the right; all in one line when left out.
        sort_keys: Put the fields of objects in alphabetical order.

    Returns:
        The text.

    Raises:
        NodeError: The value has no JSON form (NaN, infinity, a table, bytes).
    """
    try:
        return json.dumps(
            value, indent=indent, sort_keys=sort_keys, ensure_ascii=False, allow_nan=False
        )
    except (TypeError, ValueError) as problem:
        raise NodeError(
            f"The value has no JSON form: {problem}.",
            remedy="`tables.to_rows` makes rows of a table, `base64.encode` text of bytes.",
        ) from None
    except RecursionError:
        raise NodeError("The value is nested too deeply.") from None
