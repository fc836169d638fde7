"""What came of a query: columns, in whatever form one wants to go on with them."""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...errors import MemoryRefused
from ...ids import Json
from ..layer import Answer

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_JSON = {b"persistentai": b"json"}


@dataclass(frozen=True)
class SqlResult:
    """Rows, and how they were found."""

    engine: str
    """`postgres` for documents alone, `duckdb` with files among the tables."""
    is_cut: bool
    """There were more rows than were wanted."""
    data: bytes
    """The rows, as an Arrow stream."""

    @classmethod
    def of(cls, answer: Answer) -> "SqlResult":
        """As a layer answers."""
        assert isinstance(answer.value, dict)
        return cls(str(answer.value["engine"]), bool(answer.value["is_cut"]), answer.data)

    @cached_property
    def arrow(self) -> "pa.Table":
        """As an Arrow table; documents and what is in them are JSON texts."""
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            raise MemoryRefused(
                "The package 'pyarrow' is not installed here.",
                remedy="pip install 'persistentai-lab[data]'",
            ) from None
        return pa.ipc.open_stream(self.data).read_all()

    def rows(self) -> list[dict[str, Json]]:
        """As objects; what is JSON is parsed, moments are ISO texts."""
        table = self.arrow
        is_json = [(field.metadata or {}) == _JSON for field in table.schema]
        columns = [
            [_plain(value, known) for value in column.to_pylist()]
            for column, known in zip(table.columns, is_json, strict=True)
        ]
        return [dict(zip(table.column_names, row, strict=True))
                for row in zip(*columns, strict=True)]  # fmt: skip

    def frame(self) -> "pd.DataFrame":
        """As a pandas DataFrame."""
        frame: pd.DataFrame = self.arrow.to_pandas()
        return frame

    def polars(self) -> "pl.DataFrame":
        """As a polars DataFrame."""
        import polars as pl

        found = pl.from_arrow(self.arrow)
        assert isinstance(found, pl.DataFrame)
        return found

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __repr__(self) -> str:
        more = ", and there were more" if self.is_cut else ""
        return f"SqlResult({len(self):,} rows from {self.engine}{more})"

    def _repr_html_(self) -> str:
        return str(self.frame()._repr_html_())  # type: ignore[operator]


def _plain(value: Any, is_json: bool) -> Json:
    if is_json and isinstance(value, str):
        parsed: Json = json.loads(value)
        return parsed
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_plain(item, False) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, False) for key, item in value.items()}
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
