"""Conditions of queries: only those that are asked for, so that the planner sees what is."""

from typing import Any, LiteralString

Wanted = tuple[Any, LiteralString]
"""A value, and the condition that it means; left out when the value is None."""


def where(*wanted: Wanted) -> LiteralString:
    """The conditions of those that are wanted."""
    parts: LiteralString = ""
    for value, condition in wanted:
        if value is not None and value is not False:
            parts += f" AND {condition}"
    return parts
