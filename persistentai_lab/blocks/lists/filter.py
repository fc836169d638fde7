"""Only some rows."""

import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.rows import require_column
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.follow import SameAs

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@block(
    title="Filter",
    effect="pure",
    examples=(
        Example(
            inputs={"rows": [{"n": 1}, {"n": 2}, {"n": None}], "key": "n", "value": 2},
            output=[{"n": 2}],
        ),
        Example(
            inputs={"rows": [{"n": 1}, {"n": 2}], "key": "n", "value": 1, "compare": ">"},
            output=[{"n": 2}],
        ),
    ),
)
def filter(
    rows: list[dict[str, Any]],
    key: str,
    value: Any,
    *,
    compare: Literal["==", "!=", "<", "<=", ">", ">="] = "==",
) -> Annotated[list[dict[str, Any]], SameAs("rows")]:
    """Keep the rows whose value in one column compares well with another value.

    A missing value equals only null, and is neither smaller nor larger than anything.

    Args:
        rows: Objects. The output has their type.
        key: Name of the column.
        value: What it is compared with.
        compare: How.

    Returns:
        The rows that are kept, in their order.

    Raises:
        NodeError: No row has the column, or the values cannot be compared.
    """
    require_column(rows, key)
    holds = _COMPARE[compare]
    ordered = compare not in ("==", "!=")
    try:
        return [
            row
            for row in rows
            if not (ordered and row.get(key) is None) and holds(row.get(key), value)
        ]
    except TypeError as problem:
        raise NodeError(
            f"The values of {key!r} cannot be compared with {value!r}: {problem}."
        ) from None
