"""SQL over tables in a process of its own, which may do little and ends with its query.

Reads one line of JSON, and answers with one, then the result as an Arrow stream. The tables lie in
its folder, copies that go with it. DuckDB is native code over files of anybody: it gets no network,
no other file, so much memory and time, and what it writes is a pipe.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from persistentai_lab.errors import LabError, SqlRefused

MEMORY = 4 * 1024**3
"""Of addresses; DuckDB itself has 1 GB."""
READERS = {
    ".csv": "read_csv({})", ".tsv": "read_csv({})", ".txt": "read_csv({})",
    ".parquet": "read_parquet({})", ".json": "read_json({})", ".jsonl": "read_json({})",
    ".ndjson": "read_json({})",
}  # fmt: skip


def main() -> None:
    """Answer one query."""
    asked = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit(asked["time_s"])
    try:
        table = _answer(asked)
    except LabError as error:
        message = error.message
        for name, file in asked["tables"].items():
            message = message.replace(str(Path(os.getcwd(), file)), name)
        _say(out, {"error": {"message": message, "remedy": error.remedy}})
    except MemoryError:
        _say(out, {"error": {"message": "The query needs more memory than it may have.",
                             "remedy": "Filter before you join or sort."}})  # fmt: skip
    else:
        import pyarrow as pa

        cut = table.num_rows > asked["limit"]
        _say(out, {"is_cut": cut})
        table = table.slice(0, asked["limit"])
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table, max_chunksize=10_000)
        out.flush()
    os._exit(0)


def _limit(time_s: float) -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, int(2 * time_s) + 5),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 256),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def _say(out: Any, said: dict[str, Any]) -> None:
    out.write(json.dumps(said).encode() + b"\n")
    out.flush()


def _answer(asked: dict[str, Any]) -> Any:
    import duckdb

    from persistentai_lab.memory.records.shut import (
        SHUT,
        explained,
        plain_numbers,
        require_select,
        within,
    )

    config: dict[str, Any] = SHUT | {"memory_limit": "1GB", "enable_external_access": "true"}
    with duckdb.connect(":memory:", config=config) as database:
        folder = os.getcwd()
        database.execute("SET allowed_directories = [?]", [folder])
        database.execute("SET enable_external_access = false; SET TimeZone = 'UTC'")
        query = asked["query"]
        with explained("", query), within(database, asked["time_s"]):
            for name, file in asked["tables"].items():
                _register(database, name, Path(folder, file))
            database.execute("SET lock_configuration = true")
            require_select(database, query)
            batches = database.execute(query).to_arrow_reader(10_000)
            arrow = _first(batches, asked["limit"] + 1)
        return plain_numbers(_named(arrow))


def _first(batches: Any, count: int) -> Any:
    """So many rows; the others are never made."""
    import pyarrow as pa

    taken, rows = [], 0
    for batch in batches:
        taken.append(batch)
        rows += batch.num_rows
        if rows >= count:
            break
    return pa.Table.from_batches(taken, schema=batches.schema).slice(0, count)


def _register(database: Any, name: str, file: Path) -> None:
    quoted = _quoted(name)
    if file.suffix in (".arrow", ".feather", ".ipc"):
        table = _read(name, file)
        columns = ", ".join(
            f"{_quoted(field.name)}::JSON AS {_quoted(field.name)}"
            for field in table.schema
            if field.metadata and field.metadata.get(b"persistentai") == b"json"
        )
        database.register(f"_{file.stem}", table)
        replaced = f"REPLACE ({columns})" if columns else ""
        database.execute(f'CREATE VIEW {quoted} AS SELECT * {replaced} FROM "_{file.stem}"')
        return
    path = "'" + str(file).replace("'", "''") + "'"
    database.execute(f"CREATE VIEW {quoted} AS FROM {READERS[file.suffix].format(path)}")


def _read(name: str, file: Path) -> Any:
    import pyarrow as pa

    with pa.memory_map(str(file)) as source:
        for opened in (pa.ipc.open_file, pa.ipc.open_stream):
            source.seek(0)
            with suppress(pa.ArrowException):
                return opened(source).read_all()
    raise SqlRefused(f"{name!r} can't be read as Arrow.", remedy="Write it anew.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _named(arrow: Any) -> Any:
    """JSON as text that says it is JSON; every column with a name of its own."""
    import pyarrow as pa

    fields, columns = [], []
    for field, column in zip(arrow.schema, arrow.columns, strict=True):
        metadata = None
        if isinstance(column.type, pa.BaseExtensionType):
            is_json = "json" in column.type.extension_name
            parts = [chunk.storage for chunk in column.chunks]
            column = pa.chunked_array(parts, column.type.storage_type)
            metadata = {b"persistentai": b"json"} if is_json else None
        fields.append(pa.field(field.name, column.type, metadata=metadata or field.metadata))
        columns.append(column)
    return pa.table(columns, schema=pa.schema(fields))


if __name__ == "__main__":
    main()
