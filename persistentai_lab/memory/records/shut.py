"""DuckDB, shut in: no file, no network, bounded memory and time; its errors in our words."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import BodyTimedOut, NodeError

if TYPE_CHECKING:
    import duckdb

SHUT = {
    "enable_external_access": "false",  # no file, no URL, no database besides this one
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # a name in SQL is never a variable of ours
    "temp_directory": "",  # what does not fit into memory fails, and is not written out
    "memory_limit": "2GB",
    "threads": "2",
    "errors_as_json": "true",
}


class SqlFailed(NodeError):
    """DuckDB refused a query, or failed at it; says where."""

    code = "sql_failed"


def require_select(database: "duckdb.DuckDBPyConnection", query: str) -> None:
    """Raise `SqlFailed` unless it is one SELECT."""
    kinds = [statement.type.name for statement in database.extract_statements(query)]
    if kinds != ["SELECT"]:
        given = " and ".join(kind.lower().replace("_", " ") for kind in kinds) or "nothing"
        raise SqlFailed(
            f"The query is no single SELECT, but {given}.",
            remedy="Tables are read, never written: write one SELECT, without `;` in between.",
        )


def plain_numbers(arrow: Any) -> Any:
    """Columns of decimal numbers as whole ones, if they fit, or floating ones."""
    import pyarrow as pa

    for place, column in enumerate(arrow.columns):
        # DuckDB adds whole numbers up in 128 bits and takes 1.5 for a decimal number: as pandas
        # knows them, they are int64, if they fit, and float64.
        if pa.types.is_decimal(column.type):
            arrow = arrow.set_column(place, arrow.column_names[place], _narrowed(column))
    return arrow


def _narrowed(column: Any) -> Any:
    import pyarrow as pa

    try:
        return column.cast(pa.float64() if column.type.scale else pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.float64())


@contextmanager
def within(database: "duckdb.DuckDBPyConnection", limit_s: float) -> Iterator[None]:
    """Interrupt what takes longer. Raises `BodyTimedOut`."""
    import duckdb

    timer = threading.Timer(limit_s, database.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise BodyTimedOut(
            f"The query ran longer than {limit_s:g} s.",
            remedy="Raise `limit_s`, or ask for less: is a condition of a join missing?",
        ) from None
    finally:
        timer.cancel()


@contextmanager
def explained(lead: str, query: str) -> Iterator[None]:
    """Say DuckDB's errors as ours, with line and column. Raises `SqlFailed`."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        message, position = _said(str(problem))
        where = "" if position is None else _place(query, position - len(lead))
        raise SqlFailed(f"{message}{where}.", remedy=_remedy(message)) from None


def _said(text: str) -> tuple[str, int | None]:
    """What DuckDB said, and at which byte of the query."""
    head, _, rest = text.partition(": ")
    try:
        told = json.loads(rest)
    except ValueError:
        return " ".join(text.split()), None
    message = " ".join(str(told.get("exception_message", rest)).split())[:300].rstrip(".")
    position = str(told.get("position", ""))
    return f"{head}: {message}", int(position) if position.isdecimal() else None


def _place(query: str, position: int) -> str:
    if position < 0:
        return ""
    before = query.encode()[:position].decode(errors="ignore")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return f" (line {line}, column {column})"


def _remedy(message: str) -> str:
    if "disabled by configuration" in message or "disabled through configuration" in message:
        return "SQL here sees only the tables it is given: read the file in a block before."
    if "Out of Memory" in message:
        return f"A query may use {SHUT['memory_limit']}: filter before you join or sort."
    return ""
