"""Tables in files: what a name says how they are written."""

from collections.abc import Callable
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from persistentai_lab.blocks.tables.frame import flat, refused
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import extra

if TYPE_CHECKING:
    from pandas import DataFrame


def read_as_named(path: str, data: bytes) -> "DataFrame":
    """A table of the bytes of a file. Raises `NodeError`."""
    with extra():
        import pandas as pd
        import pyarrow  # noqa: F401 - reads for pandas
    readers: dict[str, Callable[[], DataFrame]] = {
        "csv": lambda: pd.read_csv(BytesIO(data)),
        "tsv": lambda: pd.read_csv(BytesIO(data), sep="\t"),
        "jsonl": lambda: pd.read_json(BytesIO(data), lines=True),
        "parquet": lambda: pd.read_parquet(BytesIO(data), engine="pyarrow"),
    }
    read = readers.get(_ending(path))
    if read is None:
        raise NodeError(
            f"{path!r} doesn't say what kind of table it is.",
            remedy=f"Its name ends with one of .{', .'.join(readers)}.",
        )
    try:
        return flat(read())
    except (ValueError, OSError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise NodeError(
            f"{path!r} is no table: {reason}", remedy="Read it as text to see what is wrong."
        ) from None


def write_as_named(path: str, table: "DataFrame") -> bytes:
    """The bytes of a file. Raises `NodeError`."""
    match _ending(path):
        case "csv":
            return flat(table).to_csv(index=False).encode()
        case "tsv":
            return flat(table).to_csv(index=False, sep="\t").encode()
        case "jsonl":
            flat(table).to_json(text := StringIO(), orient="records", lines=True)
            return text.getvalue().encode()
    buffer = BytesIO()
    with refused("Parquet cannot hold this table."):
        flat(table).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()
