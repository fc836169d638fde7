"""Tables by columns, rows and cells."""

import io
from typing import TYPE_CHECKING, Any

from ....ids import Json

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 100
"""Rows and cells that are shown of each kind; all are counted."""
ROWS_MAX = 1_000_000
ENDINGS = {"csv": ",", "tsv": "\t", "parquet": ""}


def read(path: str, data: bytes | memoryview) -> "DataFrame":
    """A table of a file. Raises `ValueError` when it is none."""
    import pandas as pd

    ending = path.rpartition(".")[2].lower()
    file = io.BytesIO(data)
    try:
        if ending == "parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file, sep=ENDINGS[ending])
    except Exception as error:  # noqa: BLE001 - of three libraries, and files that say anything
        raise ValueError(str(error)) from None


def compare(before: "DataFrame", after: "DataFrame") -> Json:
    """Columns that came, went and have another type; rows and cells, by a column that names rows.

    Such a column has another value in each row of both tables; where there is none, rows are
    known by their place.
    """
    columns = [name for name in after.columns if name in before.columns]
    retyped: list[Json] = [
        {"column": str(name), "before": str(before[name].dtype), "after": str(after[name].dtype)}
        for name in columns
        if before[name].dtype != after[name].dtype
    ]
    key = _key(before, after, columns)
    was, now = (_indexed(table, key) for table in (before, after))
    added, removed = now.index.difference(was.index), was.index.difference(now.index)
    cells: list[Any] = _cells(was, now, [name for name in columns if name != key])
    return {
        "key": None if key is None else str(key),
        "columns": {
            "added": [str(name) for name in after.columns if name not in before.columns],
            "removed": [str(name) for name in before.columns if name not in after.columns],
            "retyped": retyped,
        },
        "rows": {
            "before": len(before), "after": len(after), "added": len(added),
            "removed": len(removed), "changed": len({cell["row"] for cell in cells}),
        },
        "cells": len(cells),
        "added": _rows(now, added),
        "removed": _rows(was, removed),
        "changed": cells[:SHOWN],
    }  # fmt: skip


def _key(before: "DataFrame", after: "DataFrame", columns: list[Any]) -> Any:
    for name in columns:
        is_exact = before[name].dtype == after[name].dtype and before[name].dtype.kind not in "fc"
        if is_exact and before[name].is_unique and after[name].is_unique:
            return name
    return None


def _indexed(table: "DataFrame", key: Any) -> "DataFrame":
    return table.reset_index(drop=True) if key is None else table.set_index(key, drop=False)


def _cells(was: "DataFrame", now: "DataFrame", columns: list[Any]) -> list[dict[str, Any]]:
    both = now.index.intersection(was.index)
    found = []
    for name in columns:
        a, b = was.loc[both, name], now.loc[both, name]
        differs = (a.astype(object) != b.astype(object)) & ~(a.isna() & b.isna())
        for row in both[differs.to_numpy()]:
            found.append(
                {
                    "row": plain(row), "column": str(name),
                    "before": plain(a.loc[row]), "after": plain(b.loc[row]),
                }
            )  # fmt: skip
    return found


def _rows(table: "DataFrame", rows: Any) -> list[Json]:
    shown = table.loc[rows[:SHOWN]]
    return [
        {str(name): plain(value) for name, value in row.items()}
        for row in shown.to_dict(orient="records")
    ]


def plain(value: Any) -> Json:
    """A cell as JSON."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or value != value:
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
