"""Where two recorded values differ, in a line that a person can read.

Values are alike when their contents are: what one library release writes into the head of a file,
or the order of an object's keys, is no difference. NaN is like NaN, 1 is not like true or 1.0.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..flow.payload import JSON, Payload
from ..flow.values import BadValue, decode
from ..flow.values.array import MEDIA_TYPE as ARRAY
from ..flow.values.image import MEDIA_TYPE as IMAGE
from ..flow.values.library import extra
from ..flow.values.table import MEDIA_TYPE as TABLE
from ..ids import Json

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 80
"""Characters that are shown of one value."""


def difference(recorded: Payload, again: Payload) -> str | None:
    """The first difference, or None if there is none. May take a while: not for a loop.

    Raises:
        PackageMissing: It takes a library to look inside, and that is not here.
    """
    if recorded.media_type != again.media_type:
        return f"{recorded.media_type} → {again.media_type}"
    if memoryview(recorded.data) == memoryview(again.data):
        return None
    look = _BY_MEDIA_TYPE.get(recorded.media_type, _of_bytes)
    try:
        return look(recorded, again)
    except BadValue:  # not what its media type says, so nothing but its bytes can be compared
        return _of_bytes(recorded, again)


def _of_json(recorded: Payload, again: Payload) -> str | None:
    before, after = (json.loads(bytes(it.data)) for it in (recorded, again))
    found = next(_apart("", before, after), None)
    return found and found.removeprefix(": ")


def _apart(place: str, before: Json, after: Json) -> Iterator[str]:
    """Depth first; a value that is there and one that is not differ, too."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            where = f"{place}.{name}"
            if name not in after:
                yield f"{where}: {_short(before[name])} is gone"
            elif name not in before:
                yield f"{where}: {_short(after[name])} is new"
            else:
                yield from _apart(where, before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from _apart(f"{place}[{index}]", one, other)
        if len(before) != len(after):
            yield f"{place}: {len(before):,} items → {len(after):,}"
    elif not _alike(before, after):
        yield f"{place}: {_short(before)} → {_short(after)}"


def _alike(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        is_nan = math.isnan(one) and math.isnan(other)
        return is_nan or (one == other and math.copysign(1, one) == math.copysign(1, other))
    return bool(one == other)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _of_tables(recorded: Payload, again: Payload) -> str | None:
    with extra():
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        before, after = (pq.read_table(pa.BufferReader(it.data)) for it in (recorded, again))
    except (ValueError, OSError) as error:
        raise BadValue("Parquet", f"bytes that are not: {error}") from error
    if before.column_names != after.column_names:
        return f"columns {_short(before.column_names)} → {_short(after.column_names)}"
    for name in before.column_names:
        types = before.schema.field(name).type, after.schema.field(name).type
        if types[0] != types[1]:
            return f"column {name!r}: {types[0]} → {types[1]}"
    if before.num_rows != after.num_rows:
        return f"{before.num_rows:,} rows → {after.num_rows:,}"
    cells = [_of_columns(name, before[name], after[name]) for name in before.column_names]
    first = min((found for found in cells if found), default=None)
    if first is not None:
        return f"row {first[0]:,}, {first[1]}"
    return None if _index(before) == _index(after) else "the index"


def _of_columns(
    name: str, before: "pa.ChunkedArray", after: "pa.ChunkedArray"
) -> tuple[int, str] | None:
    """The first row that differs."""
    if before.equals(after):
        return None
    pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
    for row, (one, other) in enumerate(pairs):
        if next(_apart("", one, other), None) is not None:
            return row, f"column {name!r}: {_short(one)} → {_short(other)}"
    return None


def _index(table: "pa.Table") -> Json:
    """What pandas notes of an index that is no column."""
    noted = (table.schema.metadata or {}).get(b"pandas")
    index: Json = json.loads(noted).get("index_columns") if noted else None
    return index


def _of_arrays(recorded: Payload, again: Payload) -> str | None:
    with extra():
        import numpy as np
    before, after = (np.asarray(decode(it, Any)) for it in (recorded, again))
    if before.dtype != after.dtype:
        return f"{before.dtype} → {after.dtype}"
    if before.shape != after.shape:
        return f"shape {before.shape} → {after.shape}"
    apart = before != after
    if before.dtype.kind in "fcmM":  # NaN and NaT are unlike themselves
        apart &= ~((before != before) & (after != after))
    if not apart.any():
        return None
    place = tuple(int(at) for at in np.argwhere(apart)[0])
    index = f"[{', '.join(map(str, place))}]" if place else "the value"
    few = f" ({int(apart.sum()):,} of {apart.size:,} differ)" if apart.size > 1 else ""
    return f"{index}: {before[place]} → {after[place]}{few}"


def _of_images(recorded: Payload, again: Payload) -> str | None:
    before, after = (decode(it, Any) for it in (recorded, again))
    for what in ("mode", "size"):
        if getattr(before, what) != getattr(after, what):
            return f"{what} {getattr(before, what)} → {getattr(after, what)}"
    with extra():
        import numpy as np
    apart = np.asarray(before) != np.asarray(after)
    if not apart.any():
        return None
    row, column, *_ = (int(at) for at in np.argwhere(apart)[0])
    return f"the pixel in column {column}, row {row}"


def _of_bytes(recorded: Payload, again: Payload) -> str | None:
    before, after = memoryview(recorded.data), memoryview(again.data)
    if len(before) != len(after):
        return f"{len(before):,} bytes → {len(after):,}"
    start, end = 0, len(before)
    while end - start > 1:  # halves, for comparing memory is fast and walking through it is not
        middle = (start + end) // 2
        if before[start:middle] == after[start:middle]:
            start = middle
        else:
            end = middle
    return f"byte {start:,}: {before[start]:#04x} → {after[start]:#04x}"


_BY_MEDIA_TYPE: dict[str, Callable[[Payload, Payload], str | None]] = {
    JSON: _of_json,
    TABLE: _of_tables,
    ARRAY: _of_arrays,
    IMAGE: _of_images,
}
