"""The first rows of a table."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat
from persistentai_lab.flow.values import Table


@block(
    title="First rows",
    effect="pure",
    examples=(
        Example(inputs={"table": [{"n": 1}, {"n": 2}], "count": 1}, output=[{"n": 1}]),
        Example(inputs={"table": [{"n": 1}, {"n": 2}], "skip": 1}, output=[{"n": 2}]),
    ),
)
def head(
    table: Table,
    count: Annotated[int, Field(ge=0)] = 5,
    *,
    skip: Annotated[int, Field(ge=0)] = 0,
) -> Table:
    """Keep the first rows of a table.

    Args:
        table: Any table.
        count: How many rows to keep; a shorter table stays as it is.
        skip: How many rows to pass over before.

    Returns:
        At most `count` rows.
    """
    return flat(table).iloc[skip : skip + count].reset_index(drop=True)
