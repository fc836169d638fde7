"""How much is much."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, require_columns, require_numbers
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@block(
    title="Quantile",
    effect="pure",
    examples=(
        Example(inputs={"table": [{"n": 4}, {"n": 1}, {"n": 2}, {"n": None}], "column": "n"},
                output=2.0),
        Example(inputs={"table": [{"n": 0}, {"n": 10}], "column": "n", "share": 0.25}, output=2.5),
    ),
)  # fmt: skip
def quantile(table: Table, column: str, share: Annotated[float, Field(ge=0, le=1)] = 0.5) -> float:
    """Find the number below which a share of a column lies: the median, when left as it is.

    Args:
        table: Any table.
        column: Name of a column of numbers. Missing values are passed over.
        share: From 0, the smallest number, to 1, the largest.

    Returns:
        A number in the column's unit; between two of them, in proportion.

    Raises:
        NodeError: There is no such column, or no number in it.
    """
    found = flat(table)
    require_numbers(found, require_columns(found, [column]), "a quantile")
    numbers = found[column].dropna().astype("float64")
    if numbers.empty:
        raise NodeError(f"There is no number in column {column!r}.")
    return float(numbers.quantile(share))
