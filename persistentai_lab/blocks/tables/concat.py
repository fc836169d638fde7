"""Several tables to one, one below the other."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, kind_of
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table


@block(
    title="Concatenate tables",
    effect="pure",
    examples=(
        Example(
            inputs={"a": [{"n": 1}], "b": [{"n": 2, "s": "x"}]},
            output=[{"n": 1, "s": None}, {"n": 2, "s": "x"}],
        ),
    ),
)
def concat(a: Table, b: Table, c: Table | None = None, d: Table | None = None) -> Table:
    """Put up to four tables below each other. This is how branches of tables come together.

    Args:
        a: The first rows.
        b: The rows below.
        c: More rows, if given.
        d: More rows, if given.

    Returns:
        All rows, with all columns that any table has; where a table lacks one, values are missing.

    Raises:
        NodeError: A column holds one kind of value here and another there.
    """
    import pandas as pd

    tables = [flat(table) for table in (a, b, c, d) if table is not None]
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    rows = sum(map(len, tables))
    columns = {name: _joined([_part(table, name) for table in tables], name) for name in names}
    return pd.DataFrame(columns, columns=pd.Index(names, dtype="str"), index=pd.RangeIndex(rows))


def _part(table: Table, name: str) -> Any:
    import pandas as pd

    if name in table.columns:
        return table[name]
    return pd.Series([None] * len(table), dtype=object, name=name)


def _joined(parts: list[Any], name: str) -> Any:
    import pandas as pd

    filled = [part for part in parts if part.notna().any()]
    kinds = dict.fromkeys(kind_of(part).replace("whole numbers", "numbers") for part in filled)
    if len(kinds) > 1:
        raise NodeError(
            f"Column {name!r} holds {' here and '.join(kinds)} there.",
            remedy="Convert it with `tables.add_column`, or give it another name before.",
        )
    whole = {kind_of(part) for part in filled} == {"whole numbers"}
    gaps = len(filled) < len(parts) or any(part.isna().any() for part in parts)
    if whole and gaps:
        return pd.concat([part.astype("Int64") for part in parts], ignore_index=True)
    if not filled or not gaps:
        return pd.concat(parts, ignore_index=True)
    dtype: Any = pd.concat(filled).dtype
    dtype = "boolean" if kind_of(filled[0]) == "true or false" else dtype
    return pd.concat([part.astype(dtype) for part in parts], ignore_index=True)
