"""What blocks that work on tables have in common.

A table is columns and rows, nothing else: a pandas index that has a name is a column, one without
a name is dropped, and names of columns are text.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 30
_WORDS = {
    "bool": "true or false", "int": "whole numbers", "float": "numbers", "str": "text",
    "date": "dates", "datetime": "dates", "Decimal": "decimal numbers", "time": "times of day",
    "list": "lists", "ndarray": "lists", "dict": "objects",
}  # fmt: skip


def flat(table: Table) -> Table:
    """A table as blocks see it. The table that came in stays as it is.

    Raises:
        NodeError: Two columns have the same name.
    """
    nameless = [n for n, name in enumerate(table.index.names) if name is None]
    if len(nameless) == table.index.nlevels:
        found = table.reset_index(drop=True)
    else:
        with refused("A column has the name of an index."):
            found = table.reset_index(level=nameless, drop=True).reset_index()
    found.columns = [_text(name) for name in found.columns]
    refuse_doubles(list(found.columns))
    return found


def require_columns(table: Table, names: Sequence[str]) -> list[str]:
    """The names, if the table has all these columns; else fail, naming those there are."""
    absent = [name for name in names if name not in table.columns]
    if absent:
        there = [repr(name) for name in table.columns]
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        plural = "s" if len(absent) > 1 else ""
        raise NodeError(
            f"The table has no column{plural} {', '.join(map(repr, absent))}.",
            remedy=f"There is: {', '.join(there[:_SHOWN]) or 'none at all'}{more}.",
        )
    return list(names)


def refuse_doubles(names: Sequence[str]) -> None:
    """Fail if two columns would have the same name."""
    doubles = sorted(name for name, count in Counter(names).items() if count > 1)
    if doubles:
        raise NodeError(
            f"More than one column is called {', '.join(map(repr, doubles))}.",
            remedy="Give one of them another name with `tables.rename`.",
        )


def as_names(names: str | Sequence[str]) -> list[str]:
    """One name or several, as several."""
    return [names] if isinstance(names, str) else list(dict.fromkeys(names))


def holds_numbers(column: "Any") -> bool:
    """Whether a column has a numeric type; true and false are no numbers."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column)) and not bool(is_bool_dtype(column))


def require_numbers(table: Table, names: Sequence[str], what: str) -> None:
    """Fail unless all these columns hold numbers."""
    for name in names:
        if not holds_numbers(table[name]):
            raise NodeError(
                f"Column {name!r} holds {kind_of(table[name])}; {what} needs numbers.",
                remedy="Choose another column, or convert it with `tables.add_column`.",
            )


def require_plain(table: Table, names: Sequence[str]) -> None:
    """Fail if one of these columns holds lists or objects, which nothing can be told apart by."""
    for name in names:
        if "lists" in (kind := kind_of(table[name])) or "objects" in kind:
            raise NodeError(
                f"Column {name!r} holds {kind}.",
                remedy="Choose columns that hold plain values: numbers, text, dates.",
            )


def kind_of(column: "Any") -> str:
    """What a column holds, in a word that people use."""
    from pandas.api import types as kinds

    words = (
        (kinds.is_bool_dtype, "true or false"),
        (kinds.is_integer_dtype, "whole numbers"),
        (kinds.is_numeric_dtype, "numbers"),
        (kinds.is_datetime64_any_dtype, "dates"),
        (kinds.is_timedelta64_dtype, "durations"),
    )
    for holds, word in words:
        if holds(column.dtype):
            return word
    if isinstance(column.dtype, kinds.CategoricalDtype):
        return kind_of(column.dtype.categories.to_series())
    if column.dtype == "str" or column.dtype == "string":
        return "text"
    found = {type(value).__name__ for value in column.dropna().head(1000)}
    return " and ".join(sorted(_WORDS.get(kind, kind) for kind in found)) or "nothing"


def from_arrow(arrow: "pa.Table") -> Table:
    """A table of pandas. Whole numbers stay whole where values are missing."""
    import pandas as pd
    import pyarrow as pa

    table: Table = arrow.to_pandas()
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        if column.null_count and pa.types.is_signed_integer(column.type):
            table[name] = column.to_pandas(types_mapper=lambda _: pd.Int64Dtype())
    return table


@contextmanager
def refused(message: str, remedy: str = "") -> Iterator[None]:
    """What pandas refuses, in our words and with its reason."""
    try:
        yield
    except (TypeError, ValueError, KeyError, ArithmeticError, NotImplementedError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise NodeError(f"{message} ({reason})", remedy=remedy) from None


def _text(name: Hashable) -> str:
    return "_".join(str(part) for part in name) if isinstance(name, tuple) else str(name)
