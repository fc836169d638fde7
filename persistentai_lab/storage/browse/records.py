"""Records in the tree: values by key in folders, and collections with their documents.

Ids: `k/settings/` a folder of keys, `k/settings/theme` a value, `d/people` a collection,
`d/people/ada` a document. Values keep no history: they are shown as they are now, and not at all
before they were last written.
"""

from datetime import UTC, datetime
from typing import Any, Final

from ...errors import NotInMemory
from ...memory.author import Author
from ..records.history import revision, revision_at
from .model import Entry, Item, LayerHead, Page, Shown, Version
from .shelf import Connection, containing, folders, gone, paged, rows, run_link
from .uses import used_by

KEYS: Final = "k/"
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class RecordShelf:
    """The records layer."""

    changes: Final = """
    SELECT updated_at AS at FROM pai.record WHERE workspace = %(workspace)s
    UNION ALL SELECT at FROM pai.doc_rev WHERE workspace = %(workspace)s
    """

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """Values and documents."""
        (now,) = await rows(connection, _HEAD, workspace=author.workspace, at=at)
        mark = f"{now['keys']}.{now['docs']}.{now['updated_at']}"
        count = now["keys"] + now["docs"]
        return LayerHead(layer="records", count=count, mark=mark, updated_at=now["updated_at"])

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """Collections beside a folder of values; what lies in either."""
        known = {"workspace": author.workspace, "at": at, "limit": limit + 1}
        if under.startswith(KEYS):
            prefix = under[len(KEYS) :]
            found = await rows(connection, _KEYS, prefix=prefix, **known)
            named = [(f"{KEYS}{row['key']}", _value(row)) for row in found]
            return Page(items=folders(named, under))
        if under.startswith("d/"):
            collection = under[2:]
            found = await rows(connection, _DOCUMENTS, collection=collection, after=after, **known)
            last = found[:limit][-1]["id"] if found else ""
            return paged([_document(row) for row in found], limit, last)
        collections = await rows(connection, _COLLECTIONS, **known)
        keys = await rows(connection, _KEY_COUNT, **known)
        items = [
            Item(id=f"d/{row['name']}", name=row["name"], kind="group", icon="collection",
                 count=row["count"])
            for row in collections
        ]  # fmt: skip
        if keys[0]["count"]:
            values = Item(id=KEYS, name="Values by key", kind="folder", count=keys[0]["count"])
            items.insert(0, values)
        return Page(items=items)

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Keys, and documents by id."""
        like = containing(text)
        known = {"workspace": author.workspace, "like": like, "at": at, "limit": limit}
        keys = await rows(connection, _FIND_KEYS, **known)
        documents = await rows(connection, _FIND_DOCUMENTS, **known)
        items = [_value(row).model_copy(update={"name": row["key"]}) for row in keys]
        return items + [
            _document(row).model_copy(update={"name": f"{row['collection']}/{row['id']}"})
            for row in documents
        ]

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A value, a document as it was, or what a collection is about."""
        if id.startswith(KEYS):
            return await self._of_key(connection, author, id, at)
        collection, slash, name = id[2:].partition("/")
        if not slash:
            return await self._collection(connection, author, collection, at)
        if version is None:
            moment = at or NEVER
            rev = await revision_at(connection, author.workspace, collection, name, moment)
        else:
            if not version.isdecimal():
                raise NotInMemory(
                    f"{name!r} has no revision {version!r}.", remedy="Revisions are numbers from 1."
                )
            rev = int(version)
        told = await revision(connection, author.workspace, collection, name, rev)
        if told.body is None:
            what = "It was erased." if told.erased_at else "It was deleted."
            shown = Shown(kind="none", about=what)
        else:
            shown = Shown(kind="json", value=told.body)
        return Entry(
            layer="records", id=id, title=f"{collection}/{name}", what="document", at=told.at,
            by=told.caller, version=str(rev), shown=shown, has_versions=True, can_restore=True,
            facts=[("Collection", collection), ("Revision", rev)],
            links=run_link(told.run, told.path),
            uses=await used_by(
                connection, author, "records", f"{collection}/{name}", at=at, shown=str(rev)
            ),
        )  # fmt: skip

    async def _of_key(
        self, connection: Connection, author: Author, id: str, at: datetime | None
    ) -> Entry:
        key = id[len(KEYS) :]
        found = await rows(connection, _KEY, workspace=author.workspace, key=key, at=at)
        if not found:
            raise gone(f"value under {key!r}", at, "Values keep no history; documents do.")
        row = found[0]
        value = row["value"]
        shown = (
            Shown(kind="text", text=value)
            if isinstance(value, str)
            else Shown(kind="json", value=value)
        )
        until = row["expires_at"]
        facts = [("Kept until", f"{until:%Y-%m-%d %H:%M} UTC")] if until else []
        return Entry(
            layer="records", id=id, title=key, what="value", at=row["updated_at"],
            by=row["caller"], shown=shown, links=run_link(row["run"], row["path"]),
            facts=[("Revision", row["revision"]), *facts],
            uses=await used_by(
                connection, author, "records", key, at=at, shown=str(row["revision"])
            ),
        )  # fmt: skip

    async def _collection(
        self, connection: Connection, author: Author, collection: str, at: datetime | None
    ) -> Entry:
        page = await self.page(connection, author, f"d/{collection}", at, "", 200)
        schema = await rows(connection, _SCHEMA, workspace=author.workspace, collection=collection)
        if not schema:
            raise gone(f"collection {collection!r}", at)
        shown = Shown(
            kind="table", columns=["id", "document", "since"], is_whole=page.next is None,
            rows=[
                [item.name, item.about, f"{item.at:%Y-%m-%d %H:%M:%S}" if item.at else ""]
                for item in page.items
            ],
        )  # fmt: skip
        fits = [("Schema", schema[0]["json_schema"])] if schema[0]["json_schema"] else []
        return Entry(
            layer="records", id=f"d/{collection}", title=collection, what="collection",
            shown=shown, facts=fits,
        )  # fmt: skip

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """Revisions of a document."""
        collection, slash, name = id[2:].partition("/")
        if id.startswith(KEYS) or not slash:
            return []
        found = await rows(
            connection, _REVISIONS, workspace=author.workspace, collection=collection, id=name,
            limit=limit,
        )  # fmt: skip
        return [
            Version(
                version=str(row["rev"]), at=row["at"], by=row["caller"], run=row["run"],
                what=f"revision {row['rev']}" if row["kind"] == "put" else row["kind"],
                is_gone=row["kind"].startswith("delete") or row["erased_at"] is not None,
            )
            for row in found
        ]  # fmt: skip


def _value(row: dict[str, Any]) -> Item:
    key = row["key"]
    return Item(
        id=f"{KEYS}{key}", name=key.rpartition("/")[2], icon="application/json",
        about=row["says"] or "", at=row["updated_at"],
    )  # fmt: skip


def _document(row: dict[str, Any]) -> Item:
    return Item(
        id=f"d/{row['collection']}/{row['id']}", name=row["id"], icon="document",
        about=row["says"] or "", at=row["at"],
    )  # fmt: skip


_LIVE: Final = """
FROM pai.record WHERE workspace = %(workspace)s AND (expires_at IS NULL OR expires_at > now())
  AND (%(at)s::timestamptz IS NULL OR updated_at <= %(at)s)
"""
_THEN: Final = """
FROM (
    SELECT DISTINCT ON (collection, id) collection, id, rev, at, kind, body
    FROM pai.doc_rev WHERE workspace = %(workspace)s
      AND at <= coalesce(%(at)s::timestamptz, 'infinity')
    ORDER BY collection, id, rev DESC
) d WHERE kind NOT LIKE 'delete%%'
"""
_HEAD: Final = f"""
SELECT (SELECT count(*) {_LIVE}) AS keys, (SELECT count(*) {_THEN}) AS docs,
       greatest((SELECT max(updated_at) FROM pai.record WHERE workspace = %(workspace)s),
                (SELECT max(updated_at) FROM pai.doc WHERE workspace = %(workspace)s))
       AS updated_at
"""
_KEY_COUNT: Final = f"SELECT count(*) AS count {_LIVE}"
_KEYS: Final = f"""
SELECT key, left(value::text, 160) AS says, updated_at {_LIVE} AND starts_with(key, %(prefix)s)
ORDER BY key
"""
_KEY: Final = f"""
SELECT value, revision, run, path, caller, updated_at, expires_at {_LIVE} AND key = %(key)s
"""
_COLLECTIONS: Final = f"""
SELECT c.name, coalesce(d.count, 0) AS count FROM pai.doc_collection c
LEFT JOIN (SELECT collection, count(*) AS count {_THEN} GROUP BY 1) d ON d.collection = c.name
WHERE c.workspace = %(workspace)s AND (%(at)s::timestamptz IS NULL OR d.count > 0)
ORDER BY c.name
"""
_SCHEMA: Final = """
SELECT json_schema FROM pai.doc_collection
WHERE workspace = %(workspace)s AND name = %(collection)s
"""
_DOCUMENTS: Final = f"""
SELECT d.collection, d.id, d.at, left(coalesce(d.body, now_.body)::text, 160) AS says
{
    _THEN.replace(
        ") d WHERE",
        ") d LEFT JOIN pai.doc now_ ON now_.workspace = %(workspace)s "
        "AND now_.collection = d.collection AND now_.id = d.id AND now_.rev = d.rev WHERE",
    )
}
  AND d.collection = %(collection)s AND d.id > %(after)s ORDER BY d.id LIMIT %(limit)s
"""
_REVISIONS: Final = """
SELECT rev, at, kind, caller, run, erased_at FROM pai.doc_rev
WHERE workspace = %(workspace)s AND collection = %(collection)s AND id = %(id)s
ORDER BY rev DESC LIMIT %(limit)s
"""
_FIND_KEYS: Final = f"""
SELECT key, left(value::text, 160) AS says, updated_at {_LIVE} AND key ILIKE %(like)s
ORDER BY key LIMIT %(limit)s
"""
_FIND_DOCUMENTS: Final = f"""
SELECT collection, id, at, left(body::text, 160) AS says {_THEN}
  AND (id ILIKE %(like)s OR body::text ILIKE %(like)s) ORDER BY collection, id LIMIT %(limit)s
"""
