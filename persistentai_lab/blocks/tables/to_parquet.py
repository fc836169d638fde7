"""A table as Parquet."""

from io import BytesIO

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import flat, refused
from persistentai_lab.flow.values import Table


@block(
    title="Table as Parquet",
    effect="pure",
    examples=(Example(inputs={"table": [{"n": 1}, {"n": 2}]}),),
)
def to_parquet(table: Table) -> bytes:
    """Write a table as the bytes of a Parquet file, to be kept or sent.

    Between blocks a table needs no such step: it travels as Parquet anyway.

    Args:
        table: Any table.

    Returns:
        The file's bytes.

    Raises:
        NodeError: A column mixes kinds of values.
    """
    buffer = BytesIO()
    with refused("Parquet cannot hold this table."):
        flat(table).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()
