"""Follows the chain of a feed: streamed, so that it takes no memory, and told where it breaks."""

import asyncio
import json
from typing import Any

from ...errors import NotInMemory
from ...ids import Workspace
from ...memory.feed.asks import VerifyFeed
from ...memory.feed.links import Follower, genesis, named_in
from ...memory.feed.model import ERASED, Break, Verdict
from ..pool import Pool

PAGE = 2_000
"""Rows hashed at a time, in a thread."""


def begins_with(workspace: Workspace, feed: str, origin: dict[str, str] | None) -> bytes:
    """What the chain of a feed begins with; that of an imported one, with where it came from."""
    came = origin or {"workspace": workspace, "feed": feed}
    return genesis(came["workspace"], came["feed"])


async def verify(pool: Pool, workspace: Workspace, query: VerifyFeed) -> Verdict:
    """Follow the chain of a feed, or a part of it. Raises `NotInMemory`."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head = await (await connection.execute(_HEAD, (workspace, query.feed))).fetchone()
        if head is None:
            raise NotInMemory(
                f"There is no feed {query.feed!r}.", remedy="`feeds` lists those there are."
            )
        last, last_hash, origin = head
        first = begins_with(workspace, query.feed, origin)
        before = first if query.hash is None else bytes.fromhex(query.hash)
        follower = Follower(query.after, before)
        said = await connection.execute(_NAMED, (workspace, query.feed, ERASED))
        for (text,) in await said.fetchall():
            follower.named.update(named_in(text))
        broken = await _follow(connection, follower, workspace, query)
    until = min(last, query.after + query.limit)
    broken = broken or _ending(follower, until, last, last_hash) or follower.unexplained()
    return Verdict(
        feed=query.feed,
        seq=follower.seq,
        hash=follower.hash.hex(),
        erased=len(follower.erased),
        broken=broken,
        is_all=until >= last,
    )


async def _follow(
    connection: Any, follower: Follower, workspace: Workspace, query: VerifyFeed
) -> Break | None:
    where = (workspace, query.feed, query.after, query.after + query.limit)
    async with connection.cursor("verify", scrollable=False) as cursor:
        cursor.itersize = PAGE
        await cursor.execute(ROWS, where, binary=True)
        while rows := await cursor.fetchmany(PAGE):
            if broken := await asyncio.to_thread(follower.follow, rows):
                return broken
    return None


def _ending(follower: Follower, until: int, last: int, last_hash: bytes) -> Break | None:
    if follower.seq < until:
        return Break(seq=follower.seq + 1, what=f"entry {follower.seq + 1} is missing")
    if until == last and follower.hash != last_hash:
        return Break(seq=last, what="the feed's head has another hash than its last entry")
    return None


def text_of(origin: dict[str, str] | None) -> str | None:
    """An origin as it is kept."""
    return None if origin is None else json.dumps(origin)


_HEAD = "SELECT seq, hash, origin FROM pai.feed_head WHERE workspace = %s AND feed = %s"
_NAMED = """
SELECT body::text FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND kind = %s
"""
ROWS = """
SELECT seq, (extract(epoch FROM at) * 1000000)::bigint, kind, key, owner, caller, run, path,
       body::text, salt, payload_hash, hash, erased_at IS NOT NULL
FROM pai.feed_entry WHERE workspace = %s AND feed = %s AND seq > %s AND seq <= %s ORDER BY seq
"""
