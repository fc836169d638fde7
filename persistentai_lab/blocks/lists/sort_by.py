"""Rows in order."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.rows import require_column
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.follow import SameAs


@block(
    title="Sort by",
    effect="pure",
    examples=(
        Example(
            inputs={"rows": [{"n": 1}, {"n": None}, {"n": 3}], "key": "n", "descending": True},
            output=[{"n": 3}, {"n": 1}, {"n": None}],
        ),
    ),
)
def sort_by(
    rows: list[dict[str, Any]], key: str, *, descending: bool = False
) -> Annotated[list[dict[str, Any]], SameAs("rows")]:
    """Sort rows by one column.

    Rows with equal values keep their order. A missing value comes last in either direction.

    Args:
        rows: Objects. The output has their type.
        key: Name of the column: all numbers, or all texts.
        descending: Largest first.

    Returns:
        The same rows in their new order.

    Raises:
        NodeError: No row has the column, or its values cannot be compared.
    """
    require_column(rows, key)
    present = [row for row in rows if row.get(key) is not None]
    missing = [row for row in rows if row.get(key) is None]
    try:
        return sorted(present, key=lambda row: row[key], reverse=descending) + missing
    except TypeError as problem:
        raise NodeError(
            f"The values of {key!r} cannot be put in order: {problem}.",
            remedy="Sort by a column that holds only numbers or only texts.",
        ) from None
