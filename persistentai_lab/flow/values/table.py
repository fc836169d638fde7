"""Tables as Parquet: a pandas or a polars DataFrame, whichever the port asks for."""

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from ...ids import JsonSchema
from ..payload import Payload
from ..sketch import COLUMNS, ROWS, Sketch, sketch_table
from .codec import PAI_TYPE, BadValue, short
from .library import extra

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.parquet"

Library = Literal["pandas", "polars"]


class TableCodec:
    """Codec of tables. What one library wrote, the other can read.

    Index, column types and missing values of a pandas DataFrame survive the trip. polars knows no
    index: one that has a name becomes a column there, one without is dropped.
    """

    def __init__(self, library: Library | None = None) -> None:
        """Of one library only, or of either, and then read as pandas."""
        self.schema: JsonSchema = {PAI_TYPE: "table"}
        self._library = library

    def encode(self, value: object) -> Payload:
        """Write Parquet."""
        library = _library_of(value)
        if library is None:
            raise BadValue("DataFrame", short(value))
        if self._library not in (None, library):
            raise BadValue(f"{self._library} DataFrame", f"{library} {short(value)}")
        write = _pandas_parquet if library == "pandas" else _polars_parquet
        return Payload(write(value), MEDIA_TYPE, _sketch(value, library))

    def decode(self, payload: Payload) -> object:
        """Read Parquet."""
        if payload.media_type != MEDIA_TYPE:
            raise BadValue("DataFrame", payload.media_type)
        with extra():
            import pyarrow as pa
        source = pa.BufferReader(payload.data)  # reads from where the bytes lie, without a copy
        return _read_polars(source) if self._library == "polars" else _read_pandas(source)


def _library_of(value: object) -> Library | None:
    libraries: tuple[Library, ...] = ("pandas", "polars")
    for library in libraries:  # a value's library has been imported
        kind = getattr(sys.modules.get(library), "DataFrame", None)
        if kind is not None and isinstance(value, kind):
            return library
    return None


def _sketch(value: Any, library: Library) -> Sketch:
    if library == "polars":
        first = value[:ROWS, :COLUMNS]
        return sketch_table(value.shape, first.columns, first.rows())
    first = value.iloc[:ROWS, :COLUMNS]
    rows = list(first.itertuples(index=False, name=None))
    return sketch_table(value.shape, list(first.columns), rows)


def _pandas_parquet(value: Any) -> memoryview:
    with extra():
        import pyarrow as pa
    buffer = pa.BufferOutputStream()  # grows without moving what it holds, which BytesIO does not
    try:
        value.to_parquet(buffer, engine="pyarrow")
    except (ValueError, TypeError, ArithmeticError) as error:  # what pyarrow's errors derive from
        raise _not_parquet(error) from error
    return memoryview(buffer.getvalue()).toreadonly()


def _polars_parquet(value: Any) -> memoryview:
    from polars.exceptions import PolarsError

    buffer = BytesIO()
    try:
        value.write_parquet(buffer)
    except PolarsError as error:
        raise _not_parquet(error) from error
    return buffer.getbuffer().toreadonly()


def _not_parquet(error: Exception) -> BadValue:
    reason = str(error).partition("\n")[0]
    return BadValue("a DataFrame that Parquet can hold", f"one it cannot: {reason}")


def _read_pandas(source: "pa.BufferReader") -> object:
    with extra():
        import pandas as pd
    try:
        return pd.read_parquet(source, engine="pyarrow")
    except (ValueError, OSError) as error:
        raise _no_parquet(error) from error


def _read_polars(source: "pa.BufferReader") -> object:
    with extra():
        import polars as pl
    try:
        table = pl.read_parquet(source)
    except (pl.exceptions.PolarsError, ValueError, OSError) as error:
        raise _no_parquet(error) from error
    return table.drop([name for name in table.columns if _is_nameless_index(name)])


def _is_nameless_index(column: str) -> bool:
    return column.startswith("__index_level_") and column.endswith("__")


def _no_parquet(error: Exception) -> BadValue:
    return BadValue("Parquet", f"bytes that are not: {error}")
