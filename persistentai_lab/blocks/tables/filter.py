"""Only some rows of a table."""

import operator
from collections.abc import Callable
from typing import Any, Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, kind_of, require_columns
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

Compare = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@block(
    title="Filter table",
    effect="pure",
    examples=(
        Example(
            inputs={
                "table": [{"n": 1}, {"n": 2}, {"n": None}],
                "column": "n",
                "value": 1,
                "compare": ">",
            },
            output=[{"n": 2}],
        ),
        Example(
            inputs={
                "table": [{"k": "a"}, {"k": "b"}, {"k": "c"}],
                "column": "k",
                "value": ["a", "c"],
                "compare": "in",
            },
            output=[{"k": "a"}, {"k": "c"}],
        ),
    ),
)
def filter(table: Table, column: str, value: Any, *, compare: Compare = "==") -> Table:
    """Keep the rows whose value in one column compares well with another value.

    A missing value equals only null, and is neither smaller nor larger than anything.

    Args:
        table: Any table.
        column: Name of the column.
        value: What it is compared with; a list for `in` and `not in`. A date is written as ISO
            8601 text.
        compare: How. `contains` looks for a piece of text, capital letters told apart.

    Returns:
        The rows that are kept, in their order.

    Raises:
        NodeError: There is no such column, or the values cannot be compared.
    """
    found = flat(table)
    require_columns(found, [column])
    kept: Table = found[_kept(found[column], value, compare)]
    return kept.reset_index(drop=True)


def _kept(column: Any, value: Any, compare: str) -> Any:
    import pandas as pd

    if compare in ("in", "not in"):
        if not isinstance(value, list):
            raise NodeError(f"{compare!r} needs a list, not {value!r}.")
        given = [one for one in value if one is not None]
        among = column.isin(given) | (column.isna() if len(given) < len(value) else False)
        return among if compare == "in" else ~among
    if compare == "contains":
        if not isinstance(value, str) or kind_of(column) not in ("text", "nothing"):
            raise NodeError(
                f"'contains' looks for text in text; column {column.name!r} holds "
                f"{kind_of(column)}, the value is {value!r}."
            )
        return column.astype("str").str.contains(value, regex=False, na=False) & column.notna()
    if value is None:
        return _missing(column, compare)
    if kind_of(column) == "dates" and column.dtype == object:  # days, which know no ISO text
        column = pd.to_datetime(column)
    try:
        holds = _COMPARE[compare](column, value).fillna(compare == "!=").astype(bool)
    except (TypeError, ValueError):
        raise NodeError(
            f"Column {column.name!r} holds {kind_of(column)}; {value!r} is not {compare} to any.",
            remedy="Compare with a value of the same kind.",
        ) from None
    return holds | column.isna() if compare == "!=" else holds & column.notna()


def _missing(column: Any, compare: str) -> Any:
    if compare not in ("==", "!="):
        raise NodeError(f"Nothing is {compare} null.", remedy="Compare with `==` or `!=`.")
    return column.isna() if compare == "==" else column.notna()
