"""The state of feeds, from the nearest snapshot on."""

import asyncio
import json
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused
from ...ids import Workspace
from ...memory.author import Author
from ...memory.feed.model import DELTA
from ...memory.feed.state import Folded
from ..arrays import Texts

Connection = AsyncConnection[tuple[Any, ...]]
Snapshot = tuple[int, str, list[int]]
"""Position of the delta that it follows, the state's text, deltas that don't count."""
PAGE = 1_000


async def fold(connection: Connection, workspace: Workspace, feed: str, seq: int) -> Folded:
    """The state at a position."""
    key = (workspace, feed, seq)
    row = await (await connection.execute(_NEAREST, key)).fetchone()
    folded = Folded()
    if row is not None:
        folded.seq, folded.skipped = row[0], row[2]
        folded.state = await asyncio.to_thread(json.loads, row[1])
    while True:
        where = (workspace, feed, DELTA, folded.seq, seq, PAGE)
        deltas = await (await connection.execute(_DELTAS, where)).fetchall()
        if len(deltas) < 50:  # a thread would take longer than they do
            folded.add_kept(deltas)
        else:
            await asyncio.to_thread(folded.add_kept, deltas)
        if len(deltas) < PAGE:
            return folded


async def position_at(connection: Connection, workspace: Workspace, feed: str, at: datetime) -> int:
    """The last position of a feed at a moment; 0 when it had not begun."""
    row = await (await connection.execute(_AT, (workspace, feed, at))).fetchone()
    return int(row[0]) if row else 0


async def keep(
    connection: Connection, author: Author, feed: str, snapshots: list[Snapshot]
) -> None:
    """Keep snapshots."""
    if not snapshots:
        return
    await connection.execute(
        _KEEP,
        {
            "workspace": author.workspace,
            "feed": feed,
            "owner": author.owner,
            "caller": author.caller,
            "seqs": [seq for seq, _, _ in snapshots],
            "states": Texts(state for _, state, _ in snapshots),
            "skipped": Texts(json.dumps(skipped) for _, _, skipped in snapshots),
        },
    )


async def make_anew(connection: Connection, author: Author, feed: str, seq: int) -> None:
    """Let go of the snapshots from a position on, and make those that are due.

    Raises `MemoryRefused` when a delta does not fit, though none before it was erased.
    """
    await connection.execute(_FORGET, (author.workspace, feed, seq))
    folded = await fold(connection, author.workspace, feed, seq - 1)
    while True:
        where = (author.workspace, feed, DELTA, folded.seq, None, PAGE)
        deltas = await (await connection.execute(_DELTAS, where)).fetchall()
        due = await asyncio.to_thread(_snapshots, folded, deltas)
        await keep(connection, author, feed, due)
        if len(deltas) < PAGE:
            return


def _snapshots(folded: Folded, deltas: list[tuple[int, str | None]]) -> list[Snapshot]:
    due: list[Snapshot] = []
    for seq, text in deltas:
        none_was_erased = not folded.skipped
        folded.add_kept([(seq, text)])
        if none_was_erased and folded.skipped and text is not None:
            raise MemoryRefused(
                f"Entry {seq} is a patch that does not fit the state before it.",
                remedy="No feed of ours has such an entry.",
            )
        if (state := folded.snapshot_of()) is not None:
            due.append((seq, state, list(folded.skipped)))
    return due


_NEAREST = """
SELECT seq, state::text, skipped FROM pai.feed_snapshot
WHERE workspace = %s AND feed = %s AND seq <= %s ORDER BY seq DESC LIMIT 1
"""
_DELTAS = """
SELECT seq, body::text FROM pai.feed_entry
WHERE workspace = %s AND feed = %s AND kind = %s AND seq > %s
  AND seq <= coalesce(%s::bigint, 9223372036854775807)
ORDER BY seq LIMIT %s
"""
_AT = """
SELECT seq FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND at <= %s
ORDER BY at DESC, seq DESC LIMIT 1
"""
_KEEP = """
INSERT INTO pai.feed_snapshot (workspace, feed, seq, state, skipped, owner, caller)
SELECT %(workspace)s, %(feed)s, s.seq, s.state::json,
       ARRAY(SELECT json_array_elements_text(s.skipped::json)::bigint), %(owner)s, %(caller)s
FROM unnest(%(seqs)s::bigint[], %(states)b::text[], %(skipped)b::text[]) AS s(seq, state, skipped)
"""
_FORGET = """
DELETE FROM pai.feed_snapshot WHERE workspace = %s AND feed = %s AND seq >= %s
"""
