"""What blocks that work on rows (lists of objects) have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NodeError


def require_column(rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """Fail unless some row has the column, naming those there are. No rows need no column."""
    if rows and not any(name in row for row in rows):
        there = ", ".join(map(repr, columns_of(rows))) or "none at all"
        raise NodeError(f"No row has a column {name!r}.", remedy=f"There is: {there}.")


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of all columns, in the order in which they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def is_number(value: object) -> bool:
    """Whether a value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
