"""One value over another."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="Merge JSON",
    effect="pure",
    examples=(
        Example(
            inputs={
                "value": {"title": "A", "author": {"name": "Ada", "age": 3}},
                "changes": {"title": "B", "author": {"age": None}},
            },
            output={"title": "B", "author": {"name": "Ada"}},
        ),
    ),
)
def merge(value: Any, changes: Any) -> Any:
    """Put changes over a value (JSON Merge Patch): objects are merged, all else is replaced.

    Args:
        value: Any JSON value, such as settings.
        changes: The fields that change, nested like those of the value; null takes a field out.

    Returns:
        The changed value. A list is replaced as a whole.

    Raises:
        NodeError: The values are nested too deeply.

    Source:
        RFC 7396, "JSON Merge Patch".
    """
    try:
        return _merged(value, changes)
    except RecursionError:
        raise NodeError("The values are nested too deeply.") from None


def _merged(value: Any, changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    made = dict(value) if isinstance(value, dict) else {}
    for name, change in changes.items():
        if change is None:
            made.pop(name, None)
        else:
            made[name] = _merged(made.get(name), change)
    return made
