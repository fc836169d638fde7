"""Some rows of a table, drawn at random."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat
from persistentai_lab.flow.values import Table


@block(
    title="Sample rows",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"n": 1}, {"n": 2}, {"n": 3}], "count": 2, "seed": 1},
            output=[{"n": 1}, {"n": 3}],
        ),
    ),
)
def sample(
    table: Table,
    count: Annotated[int, Field(ge=0)] = 100,
    *,
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0,
) -> Table:
    """Draw rows at random, each at most once. The same seed draws the same rows.

    Args:
        table: Any table.
        count: How many rows; a shorter table stays as it is.
        seed: Any whole number; another one draws other rows.

    Returns:
        The rows that were drawn, in the order that they had.
    """
    found = flat(table)
    drawn = found.sample(n=min(count, len(found)), random_state=seed)
    return drawn.sort_index().reset_index(drop=True)
