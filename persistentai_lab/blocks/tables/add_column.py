"""One more column, worked out from the others."""

from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.duck import SqlFailed, ask
from persistentai_lab.blocks.tables.frame import flat
from persistentai_lab.flow.values import Table
from persistentai_lab.ids import Json


@block(
    title="Add column",
    effect="read",
    cpu=True,
    examples=(
        Example(
            inputs={
                "table": [{"mass_g": 3750}, {"mass_g": 5000}],
                "name": "mass_kg",
                "expression": "mass_g / 1000",
            },
            output=[{"mass_g": 3750, "mass_kg": 3.75}, {"mass_g": 5000, "mass_kg": 5.0}],
        ),
    ),
)
def add_column(
    table: Table,
    name: Annotated[str, Field(min_length=1)],
    expression: str,
    *,
    parameters: dict[str, Json] | None = None,
    limit_s: Annotated[float, Field(gt=0, le=3600)] = 60.0,
) -> Table:
    """Add a column that is worked out from the others, row by row, in SQL (DuckDB's).

    `upper(species)`, `CAST(day AS DATE)`, `CASE WHEN n > 3 THEN 'many' ELSE 'few' END`; a column
    whose name is no plain word stands in double quotes. The expression sees nothing but the table.

    Args:
        table: Any table.
        name: Name of the new column. One that the table has already is replaced.
        expression: What to work out.
        parameters: Values for `$name` in the expression.
        limit_s: Longest time it may take, in seconds.

    Returns:
        The table with its new column, which stands last unless it replaces one.

    Raises:
        NodeError: DuckDB refuses the expression; line and column are named.
    """
    found = flat(table)
    query = f"{expression}\nAS value FROM a"  # on a line of its own: it may end in a comment
    made = ask(query, {"a": found}, parameters, limit_s=limit_s, lead="SELECT ")
    if len(made) != len(found) or len(made.columns) != 1:
        raise SqlFailed(
            f"{expression!r} gives {len(made):,} × {len(made.columns)} values, not one a row.",
            remedy="Write one value a row, without aggregates; `tables.sql` can do the rest.",
        )
    return found.assign(**{name: made.iloc[:, 0]})
