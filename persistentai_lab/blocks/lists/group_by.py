"""Rows that belong together."""

import json
from typing import Any

from typing_extensions import TypedDict

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.rows import require_column


class Group(TypedDict):
    """Rows that have one value in common."""

    group: Any
    rows: list[dict[str, Any]]


@block(
    title="Group by",
    effect="pure",
    examples=(
        Example(
            inputs={
                "rows": [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}],
                "key": "k",
            },
            output=[
                {"group": "a", "rows": [{"k": "a", "n": 1}, {"k": "a", "n": 3}]},
                {"group": "b", "rows": [{"k": "b", "n": 2}]},
            ],
        ),
    ),
)
def group_by(rows: list[dict[str, Any]], key: str) -> list[Group]:
    """Put rows that have the same value in one column together.

    Args:
        rows: Objects. A row without the column belongs to the group null.
        key: Name of the column.

    Returns:
        Groups in the order in which their first rows came; rows keep their order.

    Raises:
        NodeError: No row has the column.
    """
    require_column(rows, key)
    groups: dict[object, Group] = {}
    for row in rows:
        value = row.get(key)
        group = groups.setdefault(_identity(value), Group(group=value, rows=[]))
        group["rows"].append(row)
    return list(groups.values())


def _identity(value: Any) -> object:
    """Equal for equal JSON: 1 and 1.0 are, 1 and true are not, though Python says so."""
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True)
    return isinstance(value, bool), value
