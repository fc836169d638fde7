"""Erases what entries say, and lets the feed say that they were."""

from ...errors import MemoryRefused, NotInMemory
from ...memory.author import Author
from ...memory.feed.asks import Forget
from ...memory.feed.model import DELTA, ERASED
from ...memory.layer import Receipt
from . import states
from .appending import Connection, append_erasure, lock


async def forget(connection: Connection, author: Author, command: Forget) -> Receipt:
    """Erase bodies and salts; what is erased already is passed over.

    Raises:
        NotInMemory: The feed has no such entry.
        MemoryRefused: It says what was erased, and has to stay.
    """
    feed, seqs = command.feed, sorted(set(command.seqs))
    head = await connection.execute(_HAS, (author.workspace, feed))
    if await head.fetchone() is None:
        raise NotInMemory(f"There is no feed {feed!r}.", remedy="`feeds` lists those there are.")
    locked = await lock(connection, author, feed)
    found = await connection.execute(_KINDS, (author.workspace, feed, seqs))
    kinds = {seq: (kind, gone) for seq, kind, gone in await found.fetchall()}
    if missing := [seq for seq in seqs if seq not in kinds]:
        raise NotInMemory(
            f"{feed!r} has no entry {', '.join(map(str, missing[:10]))}.",
            remedy=f"Its last one is {locked.chain.seq}.",
        )
    if kept := [seq for seq in seqs if kinds[seq][0] == ERASED]:
        raise MemoryRefused(
            f"Entry {kept[0]} says what was erased; without it the feed can't be verified.",
            remedy="Leave it out. It has nothing of what was erased, only positions.",
        )
    new = [seq for seq in seqs if not kinds[seq][1]]
    if not new:
        return Receipt(feed, locked.chain.seq, again=True, result=[])
    await connection.execute(_ERASE, (locked.at, author.workspace, feed, new))
    if deltas := [seq for seq in new if kinds[seq][0] == DELTA]:
        await states.make_anew(connection, author, feed, min(deltas))
    said = {"seqs": list(new)} | ({"reason": command.reason} if command.reason else {})
    return Receipt(
        feed,
        await append_erasure(connection, author, feed, locked, said),  # type: ignore[arg-type]
        result=list(new),
    )


_HAS = "SELECT FROM pai.feed_head WHERE workspace = %s AND feed = %s"
_KINDS = """
SELECT seq, kind, erased_at IS NOT NULL FROM pai.feed_entry
WHERE workspace = %s AND feed = %s AND seq = ANY(%s)
"""
_ERASE = """
UPDATE pai.feed_entry SET body = NULL, salt = NULL, erased_at = %s
WHERE workspace = %s AND feed = %s AND seq = ANY(%s)
"""
