"""Runs in a process of its own: a table comes in by stdin, its beginning goes out as JSON."""

import json
import math
import resource
import sys

MEMORY = 2 * 1024**3
SECONDS = 15


def main(media_type: str, most: int) -> None:
    """Read and tell."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import pyarrow as pa

    source = pa.BufferReader(sys.stdin.buffer.read())
    if media_type.endswith("parquet"):
        from pyarrow.parquet import ParquetFile

        file = ParquetFile(source)
        total, width = file.metadata.num_rows, file.metadata.num_columns
        names = file.schema_arrow.names[:200]
        batch = next(file.iter_batches(batch_size=most, columns=names), None)
        table = pa.Table.from_batches([batch]) if batch is not None else None
    else:
        whole = pa.ipc.open_file(source).read_all()
        total, width, names = whole.num_rows, whole.num_columns, whole.column_names[:200]
        table = whole.select(names).slice(0, most)
    rows = [] if table is None else [list(row.values()) for row in table.to_pylist()]
    told = {
        "kind": "table", "columns": [str(name) for name in names],
        "rows": [[_cell(value) for value in row] for row in rows],
        "is_whole": total <= most and width <= len(names),
        "about": f"{total:,} rows × {width:,} columns",
    }  # fmt: skip
    json.dump(told, sys.stdout)


def _cell(value: object) -> object:
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else value[:500]
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)[:500]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
