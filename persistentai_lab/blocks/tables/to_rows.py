"""A table to rows."""

from typing import Annotated, Any, cast

from pydantic import Field
from pydantic_core import to_jsonable_python

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@block(
    title="Rows from table",
    effect="pure",
    examples=(
        Example(
            inputs={"table": [{"name": "Ada", "mass": 3750}, {"name": "Bo", "mass": None}]},
            output=[{"name": "Ada", "mass": 3750}, {"name": "Bo", "mass": None}],
        ),
    ),
)
def to_rows(
    table: Table, limit: Annotated[int, Field(ge=0)] | None = 100_000
) -> list[dict[str, Any]]:
    """Make rows (a list of objects) of a table, to be read as JSON.

    Missing values become null, dates and times ISO 8601 text, decimal numbers text.

    Args:
        table: Any table. An index that has a name is a column, too.
        limit: Most rows that are made; null for no limit. A longer table is refused rather than
            cut: what is large travels better as the table that it is.

    Returns:
        One object a row.

    Raises:
        NodeError: The table is longer than the limit, or holds what has no JSON form.
    """
    if limit is not None and len(table) > limit:
        raise NodeError(
            f"The table has {len(table):,} rows; {limit:,} are made at most.",
            remedy="Take some with `tables.head` or `tables.sample`, or raise `limit`.",
        )
    found = flat(table)
    columns = {name: _values(found[name], name) for name in found.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: Any, name: str) -> list[Any]:
    plain = column.astype(object).where(column.notna(), None).tolist()
    try:
        made = to_jsonable_python(
            plain, inf_nan_mode="constants", bytes_mode="base64", fallback=_plain
        )
    except (ValueError, TypeError) as problem:
        raise NodeError(f"Column {name!r} holds what has no JSON form: {problem}.") from None
    return cast("list[Any]", made)


def _plain(value: Any) -> Any:
    """What libraries have of their own: numpy's scalars and arrays, pandas' periods and spans."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__module__.startswith("pandas."):
        return None if str(value) in ("<NA>", "NaT") else str(value)
    raise TypeError(type(value).__name__)
