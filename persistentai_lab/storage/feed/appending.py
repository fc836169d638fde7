"""Appends to a feed: under its head's lock, which gives the next positions, in one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused, ValueTooLarge
from ...ids import Json
from ...memory.author import Author
from ...memory.feed.links import Chain, genesis
from ...memory.feed.model import DELTA, ERASED, NewEntry
from ...memory.storable import storable
from ..arrays import Texts
from . import states
from .states import Snapshot

Connection = AsyncConnection[tuple[Any, ...]]
SIZE_MAX = 32 * 1024 * 1024
"""Characters appended at once."""


@dataclass(slots=True)
class Locked:
    """A feed whose end nobody else moves until the transaction is over."""

    chain: Chain
    at: datetime
    """When whatever is appended now is appended."""


async def lock(connection: Connection, author: Author, feed: str) -> Locked:
    """Lock the end of a feed; it begins to be if it was not."""
    key = (author.workspace, feed)
    row = await (await connection.execute(_LOCK, key)).fetchone()
    if row is None:
        first = genesis(author.workspace, feed)
        await connection.execute(_BEGIN, (*key, first, author.owner, author.caller))
        row = await (await connection.execute(_LOCK, key)).fetchone()
    assert row is not None
    seq, hashed, at = row
    return Locked(Chain(seq, hashed), at)


async def append(
    connection: Connection, author: Author, feed: str, entries: Sequence[NewEntry]
) -> list[tuple[int, bool]]:
    """Append what is new of these, in their order.

    Returns:
        The position of each, and whether it had been there, under the same key.
    """
    if any(entry.kind == ERASED for entry in entries):
        raise MemoryRefused(
            f"Entries of kind {ERASED!r} are written by erasing.", remedy="Use `forget`."
        )
    texts = [storable(entry.body)[1] for entry in entries]
    if sum(map(len, texts)) > SIZE_MAX:
        raise ValueTooLarge(
            f"{sum(map(len, texts)) / 1e6:.1f} MB are more than the {SIZE_MAX / 1e6:.0f} MB that "
            "may be appended at once.",
            remedy="Append them in parts.",
        )
    locked = await lock(connection, author, feed)
    known = await _known(connection, author, feed, entries)
    new: list[tuple[NewEntry, str]] = []
    places: list[tuple[int, bool]] = []
    for entry, text in zip(entries, texts, strict=True):
        if entry.key is not None and entry.key in known:
            places.append((known[entry.key], True))
            continue
        new.append((entry, text))
        places.append((locked.chain.seq + len(new), False))
        if entry.key is not None:
            known[entry.key] = places[-1][0]
    if new:
        snapshots = await _changed(connection, author, feed, locked.chain.seq, new)
        await _write(connection, author, feed, locked, new)
        await states.keep(connection, author, feed, snapshots)
    return places


async def append_erasure(
    connection: Connection, author: Author, feed: str, locked: Locked, body: Json
) -> int:
    """Append the entry that says what is erased."""
    entry = NewEntry(body=body, kind=ERASED)
    await _write(connection, author, feed, locked, [(entry, storable(body)[1])])
    return locked.chain.seq


async def _known(
    connection: Connection, author: Author, feed: str, entries: Sequence[NewEntry]
) -> dict[str, int]:
    keys = [entry.key for entry in entries if entry.key is not None]
    if not keys:
        return {}
    rows = await connection.execute(_BY_KEY, (author.workspace, feed, Texts(keys)))
    return dict(await rows.fetchall())


async def _changed(
    connection: Connection, author: Author, feed: str, last: int, new: list[tuple[NewEntry, str]]
) -> list[Snapshot]:
    """Try the deltas among the new entries. Raises `BadPatch`."""
    deltas = [(last + n, text) for n, (entry, text) in enumerate(new, 1) if entry.kind == DELTA]
    if not deltas:
        return []
    folded = await states.fold(connection, author.workspace, feed, last)
    snapshots: list[Snapshot] = []
    for seq, text in deltas:
        folded.add(seq, json.loads(text), len(text))
        if (state := folded.snapshot_of()) is not None:
            snapshots.append((seq, state, list(folded.skipped)))
    return snapshots


async def _write(
    connection: Connection,
    author: Author,
    feed: str,
    locked: Locked,
    new: list[tuple[NewEntry, str]],
) -> None:
    by = (author.owner, author.caller, author.run, author.path)
    links = [locked.chain.add(locked.at, text, entry.kind, entry.key, *by) for entry, text in new]
    await connection.execute(
        _APPEND,
        {
            "workspace": author.workspace, "feed": feed, "at": locked.at,
            "owner": author.owner, "caller": author.caller, "run": author.run,
            "path": author.path, "seqs": [link[0] for link in links],
            "kinds": Texts(entry.kind for entry, _ in new),
            "keys": Texts(entry.key for entry, _ in new),
            "bodies": Texts(text for _, text in new),
            "salts": [link[1] for link in links], "digests": [link[2] for link in links],
            "hashes": [link[3] for link in links], "last": locked.chain.seq,
            "end": locked.chain.hash,
        },
    )  # fmt: skip


_LOCK = """
SELECT seq, hash, greatest(date_trunc('milliseconds', clock_timestamp()), updated_at)
FROM pai.feed_head WHERE workspace = %s AND feed = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.feed_head (workspace, feed, hash, owner, caller, updated_at)
VALUES (%s, %s, %s, %s, %s, 'epoch') ON CONFLICT DO NOTHING
"""
_BY_KEY = """
SELECT key, seq FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND key = ANY(%b)
"""
_APPEND = """
WITH added AS (
    INSERT INTO pai.feed_entry (workspace, feed, seq, at, kind, key, body, salt, payload_hash, hash,
                                run, path, owner, caller)
    SELECT %(workspace)s, %(feed)s, n.seq, %(at)s, n.kind, n.key, n.body::json, n.salt, n.digest,
           n.hash, %(run)s, %(path)s, %(owner)s, %(caller)s
    FROM unnest(%(seqs)s::bigint[], %(kinds)b::text[], %(keys)b::text[], %(bodies)b::text[],
                %(salts)s::bytea[], %(digests)s::bytea[], %(hashes)s::bytea[])
         AS n(seq, kind, key, body, salt, digest, hash)
)
UPDATE pai.feed_head SET seq = %(last)s, hash = %(end)s, updated_at = %(at)s
WHERE workspace = %(workspace)s AND feed = %(feed)s
"""
