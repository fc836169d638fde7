"""Feeds in the tree: their names make folders, their entries stand under them, newest first.

Ids: `room/` a folder, `room/a` a feed, `room/a//12` its twelfth entry (no name has `//` in it).
"""

from datetime import UTC, datetime
from typing import Any, Final

from ...memory.author import Author
from .model import Entry, Item, LayerHead, Page, Shown, Version
from .shelf import Connection, containing, folders, gone, paged, rows, run_link
from .uses import used_by

MARK: Final = "//"


class FeedShelf:
    """The feed layer."""

    changes: Final = "SELECT at FROM pai.feed_entry WHERE workspace = %(workspace)s"

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """Entries of all feeds."""
        (now,) = await rows(connection, _HEAD, workspace=author.workspace)
        count = now["count"]
        if at is not None:
            heads = await rows(connection, _HEADS_THEN, workspace=author.workspace, under="", at=at)
            count = sum(head["seq"] for head in heads)
        mark = f"{now['count']}.{now['feeds']}"
        return LayerHead(layer="feed", count=count, mark=mark, updated_at=now["updated_at"])

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """Feeds of a folder, or entries of a feed."""
        if under and not under.endswith("/"):
            return await self._entries(connection, author, under, at, after, limit)
        which = _HEADS if at is None else _HEADS_THEN
        heads = await rows(connection, which, workspace=author.workspace, under=under, at=at)
        return Page(items=folders([(head["feed"], _feed(head)) for head in heads], under))

    async def _entries(
        self, connection: Connection, author: Author, feed: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        before = int(after) if after.isdecimal() else 2**62
        found = await rows(
            connection, _ENTRIES if at is None else _ENTRIES_THEN, workspace=author.workspace,
            feed=feed, before=before, at=at, limit=limit + 1,
        )  # fmt: skip
        last = str(found[:limit][-1]["seq"]) if found else ""
        return paged([_entry(row) for row in found], limit, last)

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Feeds by name, and what was said in them."""
        like = containing(text)
        known = {"workspace": author.workspace, "like": like, "at": at, "limit": limit}
        heads = await rows(connection, _NAMED, **known)
        said = await rows(connection, _SAID, **known)
        entries = [_entry(row) for row in said]
        return [_feed(head) for head in heads] + [
            item.model_copy(update={"name": f"{row['feed']} #{row['seq']}"})
            for item, row in zip(entries, said, strict=True)
        ]

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """An entry whole, or what is known of a feed."""
        feed, slashes, seq = id.rpartition(MARK)
        if not slashes:
            return await self._feed(connection, author, id, at)
        found = await rows(
            connection, _ENTRY, workspace=author.workspace, feed=feed,
            seq=int(seq) if seq.isdecimal() else 0,
        )  # fmt: skip
        if not found or (at is not None and found[0]["at"] > at):
            raise gone(f"entry {seq} in {feed!r}", at)
        return _whole(id, found[0])

    async def _feed(
        self, connection: Connection, author: Author, feed: str, at: datetime | None
    ) -> Entry:
        which = _HEADS if at is None else _HEADS_THEN
        heads = await rows(connection, which, workspace=author.workspace, under=feed, at=at)
        head = next((each for each in heads if each["feed"] == feed), None)
        if head is None:
            raise gone(f"feed {feed!r}", at)
        last = await self._entries(connection, author, feed, at, "", 200)
        table = Shown(
            kind="table", columns=["#", "when (UTC)", "kind", "says"], is_whole=last.next is None,
            rows=[
                [int(item.id.rpartition(MARK)[2]), _second(item.at), item.icon, item.about]
                for item in last.items
            ],
            about=f"{head['seq']:,} entries, the newest first",
        )  # fmt: skip
        return Entry(
            layer="feed", id=feed, title=feed, what="feed", at=head["at"], shown=table,
            facts=[("Entries", head["seq"]), ("Chain ends in", head["hash"])],
            uses=await used_by(connection, author, "feed", feed, at=at),
        )  # fmt: skip

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """An entry never changes."""
        return []


def _second(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def _feed(head: dict[str, Any]) -> Item:
    return Item(
        id=head["feed"], name=head["feed"], kind="group", icon="feed", count=head["seq"],
        at=head["at"],
    )  # fmt: skip


def _entry(row: dict[str, Any]) -> Item:
    about = "erased" if row["erased"] else " ".join((row["says"] or "").split())
    return Item(
        id=f"{row['feed']}{MARK}{row['seq']}", name=f"#{row['seq']}", icon=row["kind"],
        about=about, at=row["at"],
    )  # fmt: skip


def _whole(id: str, row: dict[str, Any]) -> Entry:
    body = row["body"]
    shown = Shown(kind="json", value=body)
    if row["erased_at"] is not None:
        about = f"Erased {row['erased_at']:%Y-%m-%d %H:%M} UTC. Its hash stays, so the chain holds."
        shown = Shown(kind="none", about=about)
    elif isinstance(body, str):
        shown = Shown(kind="text", text=body)
    return Entry(
        layer="feed", id=id, title=f"{row['feed']} #{row['seq']}", what=row["kind"], at=row["at"],
        by=row["caller"], shown=shown, links=run_link(row["run"], row["path"]),
        facts=[
            *([("Key", row["key"])] if row["key"] else []),
            *([("For", row["owner"])] if row["owner"] != row["caller"] else []),
            ("Hash", row["hash"]),
        ],
    )  # fmt: skip


_SAYS: Final = """
CASE WHEN json_typeof(body) = 'object'
     THEN coalesce(body->>'text', body->>'content', body->>'message', body::text)
     WHEN json_typeof(body) = 'string' THEN body#>>'{}' ELSE body::text END
"""
_TELLS: Final = f"""
CASE WHEN kind = 'erased' AND json_typeof(body->'seqs') = 'array'
     THEN 'erased ' || (SELECT string_agg('#' || gone.n, ', ')
                        FROM json_array_elements_text(body->'seqs') AS gone(n))
          || coalesce(': ' || nullif(body->>'reason', ''), '')
     WHEN kind = 'state.delta' AND json_typeof(body) = 'array'
     THEN 'state: ' || (SELECT string_agg(concat_ws(' ', it.op->>'op', it.op->>'path'), ', ')
                        FROM json_array_elements(body) AS it(op))
     ELSE {_SAYS} END
"""
"""In a line; what our own kinds of entries say is put into words."""
_ROW: Final = f"feed, seq, at, kind, erased_at IS NOT NULL AS erased, left({_TELLS}, 160) AS says"
_HEAD: Final = """
SELECT coalesce(sum(seq), 0)::bigint AS count, count(*) AS feeds, max(updated_at) AS updated_at
FROM pai.feed_head WHERE workspace = %(workspace)s
"""
_HEADS: Final = """
SELECT feed, seq, updated_at AS at, encode(hash, 'hex') AS hash FROM pai.feed_head
WHERE workspace = %(workspace)s AND starts_with(feed, %(under)s) ORDER BY feed
"""
_HEADS_THEN: Final = """
SELECT h.feed, e.seq, e.at, encode(e.hash, 'hex') AS hash FROM pai.feed_head h
CROSS JOIN LATERAL (
    SELECT seq, at, hash FROM pai.feed_entry
    WHERE workspace = h.workspace AND feed = h.feed AND at <= %(at)s
    ORDER BY at DESC, seq DESC LIMIT 1
) e
WHERE h.workspace = %(workspace)s AND starts_with(h.feed, %(under)s) ORDER BY h.feed
"""
_OF_FEED: Final = f"""
SELECT {_ROW} FROM pai.feed_entry
WHERE workspace = %(workspace)s AND feed = %(feed)s AND seq < %(before)s
"""
_ENTRIES: Final = f"{_OF_FEED} ORDER BY seq DESC LIMIT %(limit)s"
_ENTRIES_THEN: Final = f"{_OF_FEED} AND at <= %(at)s ORDER BY seq DESC LIMIT %(limit)s"
_ENTRY: Final = """
SELECT feed, seq, at, kind, key, body, owner, caller, run, path, erased_at,
       encode(hash, 'hex') AS hash
FROM pai.feed_entry WHERE workspace = %(workspace)s AND feed = %(feed)s AND seq = %(seq)s
"""
_NAMED: Final = """
SELECT feed, seq, updated_at AS at FROM pai.feed_head
WHERE workspace = %(workspace)s AND feed ILIKE %(like)s ORDER BY feed LIMIT %(limit)s
"""
_SAID: Final = f"""
SELECT {_ROW} FROM pai.feed_entry
WHERE workspace = %(workspace)s AND body::text ILIKE %(like)s
  AND at <= coalesce(%(at)s, 'infinity'::timestamptz)
ORDER BY at DESC LIMIT %(limit)s
"""
