"""Which columns go together."""

from typing import Literal

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import (
    as_names,
    flat,
    holds_numbers,
    require_columns,
    require_numbers,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@block(
    title="Correlation",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"x": 1, "y": 2, "s": "a"}, {"x": 2, "y": 4, "s": "b"},
                              {"x": 3, "y": 9, "s": "c"}], "method": "spearman"},
            output=[{"column": "x", "x": 1.0, "y": 1.0}, {"column": "y", "x": 1.0, "y": 1.0}],
        ),
    ),
)  # fmt: skip
def correlation(
    table: Table,
    columns: str | list[str] | None = None,
    *,
    method: Literal["pearson", "spearman"] = "pearson",
) -> Table:
    """Work out how closely columns of numbers go together, each with each.

    Args:
        table: Any table. Of two columns, only rows that have both values count.
        columns: Which columns; all that hold numbers when left out.
        method: `pearson` looks for a straight line, `spearman` for any rise or fall.

    Returns:
        A row and a column for each: 1 go together, 0 don't, -1 one rises as the other falls.
            Missing where a column is constant, or fewer than two rows have both values.

    Raises:
        NodeError: There is no such column, or it holds no numbers.
    """
    found = flat(table)
    if columns is None:
        names = [str(name) for name in found if holds_numbers(found[name])]
    else:
        names = as_names(columns)
    require_numbers(found, require_columns(found, names), "a correlation")
    if "column" in names:
        raise NodeError("A column is called 'column'.", remedy="Rename it with `tables.rename`.")
    numbers = found[names].astype("float64")
    made = numbers.corr(method=method, min_periods=2)
    return made.rename_axis("column").reset_index()
