"""A value, changed step by step."""

from copy import deepcopy
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Patch JSON",
    effect="pure",
    examples=(
        Example(
            inputs={
                "value": {"rows": ["a", "c"], "draft": True},
                "operations": [
                    {"op": "add", "path": "/rows/1", "value": "b"},
                    {"op": "remove", "path": "/draft"},
                ],
            },
            output={"rows": ["a", "b", "c"]},
        ),
    ),
)
def patch(value: Any, operations: list[dict[str, Any]]) -> Any:
    """Change a value by a list of operations (JSON Patch): all of them, or none.

    Args:
        value: Any JSON value.
        operations: Each an object with `op` (add, remove, replace, move, copy, test), `path` such
            as `/rows/0/name`, and `value` or `from`. `test` fails unless the value there is equal.

    Returns:
        The changed value.

    Raises:
        NodeError: An operation is malformed, leads nowhere, or is a test that fails; its number is
            named.

    Source:
        RFC 6902, "JavaScript Object Notation (JSON) Patch".
    """
    from jsonpath import JSONPatch, JSONPatchError, JSONPointerError

    try:
        return JSONPatch(operations).apply(deepcopy(value))
    except (JSONPatchError, JSONPointerError) as problem:
        raise NodeError(
            f"The value cannot be changed so: {problem.args[0]}.",
            remedy="The number is that of the operation, counted from 0.",
        ) from None
    except RecursionError:
        raise NodeError("The value is nested too deeply.") from None
