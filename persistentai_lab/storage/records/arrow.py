"""Rows of Postgres as an Arrow table."""

import json
from typing import TYPE_CHECKING, Any

from ...flow.values import extra
from .postgres import Rows

if TYPE_CHECKING:
    import pyarrow as pa

JSON_COLUMN = {b"persistentai": b"json"}
"""What is told with a column whose texts are JSON."""
_JSON = (114, 3802)
_NUMERIC = 1700


def to_arrow(found: Rows) -> "pa.Table":
    """The same as columns. Whole numbers stay whole, other numerics become floating ones."""
    with extra():
        import pyarrow as pa
    columns, fields = [], []
    for place, (name, kind) in enumerate(zip(found.names, found.types, strict=True)):
        array = _column([row[place] for row in found.rows], kind)
        columns.append(array)
        metadata = JSON_COLUMN if kind in _JSON else None
        fields.append(pa.field(name, array.type, metadata=metadata))
    return pa.table(columns, schema=pa.schema(fields))


def _column(values: list[Any], kind: int) -> "pa.Array":
    import pyarrow as pa

    if kind == _NUMERIC:
        return _numbers(values)
    if plain := {16: pa.bool_(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(),
                 700: pa.float64(), 701: pa.float64()}.get(kind):  # fmt: skip
        return pa.array(values, plain)
    if moment := {1082: pa.date32(), 1114: pa.timestamp("us"),
                  1184: pa.timestamp("us", "UTC")}.get(kind):  # fmt: skip
        try:
            return pa.array(values, pa.string()).cast(moment)
        except pa.ArrowInvalid:  # infinity, or before the year 1
            return pa.array(values, pa.string())
    if any(isinstance(value, list) for value in values):
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return pa.array([None if v is None else json.dumps(v, default=str) for v in values])
    texts = [None if value is None else str(value) for value in values]
    return pa.array(texts, pa.string())


def _numbers(values: list[str | None]) -> "pa.Array":
    import pyarrow as pa

    if all(value is None or value.lstrip("-").isdecimal() for value in values):
        try:
            return pa.array([None if v is None else int(v) for v in values], pa.int64())
        except OverflowError:
            pass
    return pa.array([None if v is None else float(v) for v in values], pa.float64())
