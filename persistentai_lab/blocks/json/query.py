"""Some values out of a value."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="JSON path",
    effect="pure",
    cpu=True,
    timeout_s=10.0,
    examples=(
        Example(
            inputs={
                "value": {"birds": [{"name": "Ada", "mass": 3750}, {"name": "Bo", "mass": 5000}]},
                "path": "$.birds[?@.mass > 4000].name",
            },
            output=["Bo"],
        ),
        Example(inputs={"value": {"a": {"n": 1}, "b": [{"n": 2}]}, "path": "$..n"}, output=[1, 2]),
    ),
)
def query(value: Any, path: Annotated[str, Field(min_length=1, max_length=1000)]) -> list[Any]:
    """Find values inside a value by JSONPath.

    `$` is the value, `.name` and `['odd name']` a field, `[0]` an item, `[*]` all of them, `..name`
    a field at any depth, `[?@.mass > 4000]` those for which something holds.

    Args:
        value: Any JSON value.
        path: A JSONPath.

    Returns:
        Everything that was found, in its order; nothing found is an empty list.

    Raises:
        NodeError: The path is malformed; the place is named. Or the value is nested too deeply.

    Source:
        RFC 9535, "JSONPath: Query Expressions for JSON".
    """
    from jsonpath import JSONPathEnvironment, JSONPathError

    try:
        return list(JSONPathEnvironment(strict=True).findall(path, value))
    except JSONPathError as problem:
        if isinstance(problem, RecursionError):
            raise NodeError("The value or the path is nested too deeply.") from None
        place = getattr(problem.token, "index", -1)
        where = f" at character {place + 1}" if place >= 0 else ""
        raise NodeError(
            f"{path!r} is no JSONPath: {problem.args[0]}{where}.",
            remedy="A path begins with '$', such as '$.rows[0].name'.",
        ) from None
