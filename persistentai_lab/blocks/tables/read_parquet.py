"""A Parquet file to a table."""

from io import BytesIO

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.location import read_bytes
from persistentai_lab.blocks.tables.frame import as_names, flat, require_columns
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table, extra


@block(
    title="Read Parquet",
    effect="read",
    examples=(Example(inputs={"path": "rides.parquet", "columns": ["day", "distance_km"]}),),
)
def read_parquet(path: str, columns: list[str] | None = None) -> Table:
    """Read a Parquet file into a table.

    Args:
        path: A file on the worker's machine. A relative path starts at the folder
            `PERSISTENTAI_FILES`.
        columns: Which columns, in which order; all when left out.

    Returns:
        A table.

    Raises:
        NodeError: The file is missing or no Parquet, or lacks a column.
    """
    with extra():
        import pandas as pd
        import pyarrow  # noqa: F401 - reads for pandas
    data = read_bytes(path)
    try:
        table = flat(pd.read_parquet(BytesIO(data), engine="pyarrow"))
    except (ValueError, OSError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise NodeError(f"{path!r} is no Parquet: {reason}") from None
    return table if columns is None else table[require_columns(table, as_names(columns))]
