"""Reads entries: from any position, forward and backward, by kind, time and run."""

from typing import Any, LiteralString

from ...ids import Workspace
from ...memory.feed.asks import ReadFeed

_SELECT: LiteralString = """
SELECT feed, seq, at, kind, owner, caller, run, path, key, body, erased_at,
       encode(hash, 'hex') AS hash
FROM pai.feed_entry WHERE workspace = %(workspace)s AND feed = %(feed)s AND seq > %(after)s"""


def read_statement(workspace: Workspace, query: ReadFeed) -> tuple[LiteralString, dict[str, Any]]:
    """The statement for a query, and its values."""
    values: dict[str, Any] = {"workspace": workspace, **query.model_dump()}
    values["kinds"] = list(query.kinds)
    # By hand: with `kind = ANY(all)` the planner takes no index for the order.
    parts: tuple[tuple[bool, LiteralString], ...] = (
        (query.before is not None, " AND seq < %(before)s"),
        (bool(query.kinds), " AND kind = ANY(%(kinds)s)"),
        (query.since is not None, " AND at >= %(since)s"),
        (query.until is not None, " AND at <= %(until)s"),
        (query.run is not None, " AND run = %(run)s"),
        (query.newest_first, " ORDER BY seq DESC LIMIT %(limit)s"),
        (not query.newest_first, " ORDER BY seq LIMIT %(limit)s"),
    )
    statement = _SELECT
    for wanted, part in parts:
        if wanted:
            statement += part
    return statement, values
