"""DataFrames as documents."""

import json
from typing import Any

from ...errors import MemoryRefused
from ...ids import Json


def documents_of(frame: Any, id: str) -> dict[str, dict[str, Json]]:
    """A document for each row of a pandas or polars DataFrame, by the value of a column.

    Raises:
        MemoryRefused: There is no such column, or two rows have one id.
    """
    if hasattr(frame, "write_json"):  # polars
        rows = json.loads(frame.write_json())
    else:
        if id == frame.index.name:
            frame = frame.reset_index()
        rows = json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
    names = [str(name) for name in frame.columns]
    if id not in names:
        raise MemoryRefused(
            f"There is no column {id!r}; there are {', '.join(names)}.",
            remedy="Say which one tells the documents apart: `id=…`.",
        )
    found: dict[str, dict[str, Json]] = {}
    for row in rows:
        name = row.pop(id)
        if name is None or str(name) in found:
            raise MemoryRefused(
                f"The id {name!r} is missing or there twice.", remedy="Give each row its own id."
            )
        found[str(name)] = {key: value for key, value in row.items() if value is not None}
    return found
