"""What `control.each` works on: items of a list, rows of a table, or so many of them at once.

A table is read piece by piece, and in threads: neither the worker's memory nor its loop ever holds
all of its rows.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...blocks.tables.to_rows import to_rows
from ...errors import NodeError
from ...flow.payload import JSON, Payload
from ...flow.values import PAI_TYPE, BadValue
from ...flow.values.library import extra
from ...flow.values.table import MEDIA_TYPE, TableCodec
from ..records.values import Value
from .step import ControlStep

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

PIECE = 1_000
"""Rows that are read at a time, where each is an item."""
ROWS_MAX = 1_000_000


class Items(Protocol):
    """Items, by their place."""

    count: int

    async def at(self, index: int) -> Value:
        """One of them. Raises `NodeError`."""


async def items_of(step: ControlStep) -> Items:
    """The items that arrive at a node. Raises `NodeError`."""
    value = step.arriving("items")
    assert value is not None  # a port that has to be given
    size: int | None = None
    if step.has_port("rows") and await step.json("rows") is not None:
        size = await step.count("rows", ROWS_MAX)
    payload = await step.fetch(value)
    if payload.media_type == MEDIA_TYPE:
        wanted = step.input_type("body", step.literal("item"))
        return await _Rows.open(step, payload, size, as_table=PAI_TYPE in wanted)
    if payload.media_type != JSON:
        raise NodeError(
            f"{payload.media_type} has no items.", remedy="Give a list, or a table for its rows."
        )
    found = await asyncio.to_thread(json.loads, bytes(payload.data))
    if not isinstance(found, list):
        raise NodeError(
            f"'items' is {type(found).__name__}, neither a list nor a table.",
            remedy="Give a list, or a table for its rows.",
        )
    return _Listed(found, size)


class _Listed:
    """Items of a list."""

    def __init__(self, items: list[Any], size: int | None) -> None:
        self._items = items
        self._size = size
        self.count = len(items) if size is None else -(-len(items) // size)

    async def at(self, index: int) -> Value:
        if self._size is None:
            return Value.of_json(self._items[index])
        return Value.of_json(self._items[index * self._size : (index + 1) * self._size])


@dataclass(slots=True)
class _Rows:
    """Rows of a table, in order; each is asked for once, so what has been given is let go of."""

    _step: ControlStep
    _size: int | None
    _as_table: bool
    count: int
    _pieces: Any
    _rows: list[Any] = field(default_factory=list)
    _first: int = 0
    """The index of the first of `_rows`."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def open(
        cls, step: ControlStep, payload: Payload, size: int | None, *, as_table: bool
    ) -> "_Rows":
        file = await asyncio.to_thread(_opened, payload)
        many = file.metadata.num_rows
        count = many if size is None else -(-many // size)
        pieces = file.iter_batches(batch_size=size or PIECE)
        return cls(step, size, as_table and size is not None, count, pieces)

    async def at(self, index: int) -> Value:
        async with self._turn:
            while index >= self._first + len(self._rows):
                self._first += len(self._rows)
                self._rows = await asyncio.to_thread(self._next)
            found = self._rows[index - self._first]
        if isinstance(found, Payload):
            return await self._step.keep_payload(found)
        return Value.of_json(found)

    def _next(self) -> list[Any]:
        """The items of the next piece."""
        table = self._frame()
        if self._as_table:
            return [TableCodec().encode(table)]
        rows = to_rows.func(table, None)
        return rows if self._size is None else [rows]

    def _frame(self) -> "pd.DataFrame":
        import pyarrow as pa

        table: pd.DataFrame = pa.Table.from_batches([next(self._pieces)]).to_pandas()
        return table


def _opened(payload: Payload) -> "pq.ParquetFile":
    with extra():
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        return pq.ParquetFile(pa.BufferReader(payload.data))
    except (ValueError, OSError) as error:
        raise NodeError(str(BadValue("Parquet", f"bytes that are not: {error}"))) from error
