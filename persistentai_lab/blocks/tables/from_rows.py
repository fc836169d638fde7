"""Rows to a table."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.rows import columns_of, is_number
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table, extra


@block(
    title="Table from rows",
    effect="pure",
    examples=(
        Example(
            inputs={"rows": [{"name": "Ada", "mass": 3750}, {"name": "Bo"}]},
            output=[{"name": "Ada", "mass": 3750}, {"name": "Bo", "mass": None}],
        ),
    ),
)
def from_rows(rows: list[dict[str, Any]], columns: list[str] | None = None) -> Table:
    """Make a table of rows (a list of objects).

    Whole numbers stay whole where values are missing. Dates stay text, as JSON has them.

    Args:
        rows: One object a row. A row may lack a column: its value is missing.
        columns: Which columns, in which order; all of them when left out. One that no row has is
            missing throughout.

    Returns:
        A table with as many rows.

    Raises:
        NodeError: A column mixes kinds, such as numbers and text; it is named.
    """
    with extra():
        import pandas as pd
    names = columns_of(rows) if columns is None else list(dict.fromkeys(columns))
    made = {name: _column([row.get(name) for row in rows], name) for name in names}
    return pd.DataFrame(made, columns=pd.Index(names, dtype="str"), index=pd.RangeIndex(len(rows)))


def _column(values: list[Any], name: str) -> Any:
    import pandas as pd

    present = [value for value in values if value is not None]
    kinds = {_kind(value) for value in present}
    if len(kinds) > 1:
        first: dict[str, Any] = {}
        for value in present:
            first.setdefault(_kind(value), value)
        shown = ", ".join(f"{kind} ({value!r:.60})" for kind, value in first.items())
        raise NodeError(
            f"Column {name!r} mixes kinds: {shown}.",
            remedy="Make them of one kind before, in a block of your own.",
        )
    dtype: str | None = "object" if kinds & {"list", "object"} else None
    if kinds == {"number"} and all(isinstance(value, int) for value in present):
        fits = all(-(2**63) <= value < 2**63 for value in present)
        dtype = "Int64" if fits and len(present) < len(values) else "int64" if fits else "float64"
    elif kinds == {"true or false"} and len(present) < len(values):
        dtype = "boolean"
    return pd.Series(values, dtype=dtype)


def _kind(value: Any) -> str:
    if is_number(value):
        return "number"
    words = {bool: "true or false", str: "text", list: "list", dict: "object"}
    return words.get(type(value), type(value).__name__)
