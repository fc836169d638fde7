"""Knowledge in the tree: facts by their subjects, and texts by their threads.

Ids: `s/Ada` a subject, `f/12` a fact, `t/room/` a folder of threads, `t/notes` a thread, `c/7` a
text in one.
"""

import json
from datetime import datetime
from typing import Any, Final

from ...memory.author import Author
from .model import Entry, Item, LayerHead, Link, Page, Shown, Version
from .shelf import Connection, containing, folders, gone, paged, rows, run_link

SUBJECTS: Final = "s/"
THREADS: Final = "t/"


class KnowledgeShelf:
    """The knowledge layer."""

    changes: Final = "SELECT at FROM pai.knowledge_log WHERE workspace = %(workspace)s"

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """Facts, and texts that put none into words."""
        (now,) = await rows(connection, _HEAD, workspace=author.workspace, at=at)
        return LayerHead(
            layer="knowledge", count=now["facts"] + now["texts"], mark=str(now["seq"]),
            updated_at=now["updated_at"],
        )  # fmt: skip

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """Subjects, their facts; threads, their texts."""
        known = {"workspace": author.workspace, "at": at, "limit": limit + 1, "after": after}
        if under == SUBJECTS:
            found = await rows(connection, _SUBJECTS, **known)
            items = [
                Item(id=f"{SUBJECTS}{row['subject']}", name=row["subject"], kind="folder",
                     count=row["count"], at=row["at"])
                for row in found
            ]  # fmt: skip
            return paged(items, limit, items[:limit][-1].name if items else "")
        if under.startswith(SUBJECTS):
            found = await rows(connection, _FACTS, subject=under[len(SUBJECTS) :], **known)
            return Page(items=[_fact(row) for row in found[:limit]])
        if under == THREADS or (under.startswith(THREADS) and under.endswith("/")):
            prefix = under[len(THREADS) :]
            found = await rows(connection, _THREADS, prefix=prefix, **known)
            named = [(f"{THREADS}{row['thread']}", _thread(row)) for row in found]
            return Page(items=folders(named, under))
        if under.startswith(THREADS):
            known["after"] = int(after or 0)
            found = await rows(connection, _CHUNKS, thread=under[len(THREADS) :], **known)
            last = str(found[:limit][-1]["position"]) if found else ""
            return paged([_chunk(row) for row in found], limit, last)
        (now,) = await rows(connection, _HEAD, workspace=author.workspace, at=at)
        tops = [
            Item(id=SUBJECTS, name="Facts", kind="folder", count=now["facts"]),
            Item(id=THREADS, name="Texts", kind="folder", count=now["texts"]),
        ]
        return Page(items=[item for item in tops if item.count])

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Facts and texts with these words in them."""
        known = {
            "workspace": author.workspace, "like": containing(text), "at": at,
            "limit": limit,
        }  # fmt: skip
        facts = await rows(connection, _FIND_FACTS, **known)
        texts = await rows(connection, _FIND_CHUNKS, **known)
        return [
            *(_fact(row).model_copy(update={"name": row["subject"] or "erased",
              "about": _says(row)}) for row in facts),
            *(_chunk(row) for row in texts),
        ]  # fmt: skip

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A fact, a text, or a thread as it reads."""
        kind, _, name = id.partition("/")
        if kind == "t":
            return await self._thread(connection, author, name, at)
        number = int(version or name) if (version or name).isdecimal() else 0
        statement = _FACT if kind == "f" else _CHUNK
        found = await rows(connection, statement, workspace=author.workspace, id=number)
        if not found or (at and found[0]["recorded_at"] > at):
            raise gone("fact" if kind == "f" else "text", at)
        return _whole_fact(id, found[0]) if kind == "f" else _whole_chunk(id, found[0])

    async def _thread(
        self, connection: Connection, author: Author, thread: str, at: datetime | None
    ) -> Entry:
        found = await rows(
            connection, _CHUNKS, workspace=author.workspace, thread=thread, at=at, after=0,
            limit=200,
        )  # fmt: skip
        if not found:
            raise gone(f"thread {thread!r}", at)
        text = "\n\n".join(row["text"] or "(erased)" for row in found)
        return Entry(
            layer="knowledge", id=f"t/{thread}", title=thread, what="texts",
            at=found[-1]["recorded_at"], shown=Shown(kind="text", text=text,
            is_whole=len(found) < 200), facts=[("Texts", len(found))],
        )  # fmt: skip

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """What was known of the same before: facts are closed, and never overwritten."""
        if not id.startswith("f/") or not id[2:].isdecimal():
            return []
        found = await rows(
            connection, _LIKE_IT, workspace=author.workspace, id=int(id[2:]), limit=limit
        )
        return [
            Version(
                version=str(row["id"]), at=row["recorded_at"], by=row["caller"], run=row["run"],
                what=f"{_object(row)}{' (closed)' if row['closed_at'] else ''}",
                is_gone=row["object"] is None,
            )
            for row in found
        ]  # fmt: skip


def _object(row: dict[str, Any]) -> str:
    if row["object"] is None:
        return "erased"
    value = json.loads(row["object"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _says(row: dict[str, Any]) -> str:
    return f"{row['predicate'].replace('_', ' ')} {_object(row)}"


def _fact(row: dict[str, Any]) -> Item:
    return Item(
        id=f"f/{row['id']}", name=row["predicate"].replace("_", " "), icon="fact",
        about=_object(row), at=row["recorded_at"],
    )  # fmt: skip


def _thread(row: dict[str, Any]) -> Item:
    return Item(
        id=f"{THREADS}{row['thread']}", name=row["thread"], kind="group", icon="thread",
        count=row["count"], at=row["at"],
    )  # fmt: skip


def _chunk(row: dict[str, Any]) -> Item:
    about = " ".join((row["text"] or "erased").split())[:160]
    return Item(
        id=f"c/{row['id']}", name=f"#{row['position']}", icon="text/plain", about=about,
        at=row["recorded_at"],
    )  # fmt: skip


def _whole_fact(id: str, row: dict[str, Any]) -> Entry:
    said = f"{row['subject'] or '(erased)'} {_says(row)}"
    times = [("Held from", f"{row['valid_from']:%Y-%m-%d %H:%M} UTC")]
    until = row["closed_to"] or row["valid_to"]
    if until:
        times.append(("Until", f"{until:%Y-%m-%d %H:%M} UTC"))
    if row["closed_at"]:
        because = f": {row['closed_because']}" if row["closed_because"] else ""
        times.append(("Closed", f"{row['closed_at']:%Y-%m-%d %H:%M} UTC{because}"))
    return Entry(
        layer="knowledge", id=id, title=row["subject"] or "A fact that was erased", what="fact",
        at=row["recorded_at"], by=row["caller"], shown=Shown(kind="text", text=said),
        facts=[*times, ("Confidence", round(row["confidence"], 2)), ("Came by", row["trust"])],
        links=[*_source(row), *run_link(row["run"], row["path"])], version=str(row["id"]),
        has_versions=True,
    )  # fmt: skip


def _whole_chunk(id: str, row: dict[str, Any]) -> Entry:
    shown = (
        Shown(kind="text", text=row["text"])
        if row["text"] is not None
        else Shown(kind="none", about="Erased. The thread’s chain still holds.")
    )
    thread = Link(says="In", label=row["thread"], layer="knowledge", id=f"{THREADS}{row['thread']}")
    return Entry(
        layer="knowledge", id=id, title=f"{row['thread']} #{row['position']}", what=row["kind"],
        at=row["recorded_at"], by=row["caller"], shown=shown,
        facts=[("Tokens", row["tokens"]), ("Came by", row["trust"])],
        links=[thread, *_source(row), *run_link(row["run"], row["path"])],
    )  # fmt: skip


def _source(row: dict[str, Any]) -> list[Link]:
    """To where something is from."""
    kind, ref, version = row["source_kind"], row["source_ref"], row["source_version"]
    place = f", {row['source_place']}" if row["source_place"] else ""
    label = f"{ref}{place}"
    match kind:
        case "file":
            return [Link(says="From the file", label=label, layer="files", id=f"main/{ref}",
                         version=version)]  # fmt: skip
        case "feed":
            id = f"{ref}//{version}" if version else ref
            at = f" #{version}" if version else ""
            return [Link(says="Said in", label=f"{ref}{at}{place}", layer="feed", id=id)]
        case "run":
            return run_link(ref, version, "Learned by")
        case "record":
            return [Link(says="From the record", label=label, layer="records", id=f"k/{ref}")]
        case "web":
            return [Link(says="From", label=label, url=ref)]
    return [Link(says="Said by", label=label)]


_OPEN: Final = """
workspace = %(workspace)s AND recorded_at <= coalesce(%(at)s::timestamptz, 'infinity')
  AND (closed_at IS NULL OR closed_at > %(at)s::timestamptz)
"""
_HEAD: Final = f"""
SELECT (SELECT count(*) FROM pai.fact WHERE {_OPEN} AND subject IS NOT NULL) AS facts,
       (SELECT count(*) FROM pai.chunk WHERE {_OPEN} AND fact IS NULL) AS texts,
       coalesce(sum(seq), 0)::bigint AS seq, max(updated_at) AS updated_at
FROM pai.knowledge_thread WHERE workspace = %(workspace)s
"""
_SUBJECTS: Final = f"""
SELECT subject, count(*) AS count, max(recorded_at) AS at FROM pai.fact
WHERE {_OPEN} AND subject IS NOT NULL AND subject > %(after)s
GROUP BY subject ORDER BY subject LIMIT %(limit)s
"""
_FACT_ROW: Final = """
id, subject, predicate, object, valid_from, valid_to, closed_to, recorded_at, closed_at,
closed_because, confidence, source_kind, source_ref, source_version, source_place, trust, run, path,
caller
"""
_FACTS: Final = f"""
SELECT {_FACT_ROW} FROM pai.fact WHERE {_OPEN} AND subject = %(subject)s
ORDER BY predicate, id LIMIT %(limit)s
"""
_FACT: Final = f"SELECT {_FACT_ROW} FROM pai.fact WHERE workspace = %(workspace)s AND id = %(id)s"
_LIKE_IT: Final = """
SELECT o.id, o.object, o.recorded_at, o.closed_at, o.caller, o.run
FROM pai.fact f JOIN pai.fact o ON o.workspace = f.workspace AND o.subject = f.subject
  AND o.predicate = f.predicate
WHERE f.workspace = %(workspace)s AND f.id = %(id)s ORDER BY o.id DESC LIMIT %(limit)s
"""
_THREADS: Final = f"""
SELECT thread, count(*) AS count, max(recorded_at) AS at FROM pai.chunk
WHERE {_OPEN} AND fact IS NULL AND starts_with(thread, %(prefix)s) GROUP BY thread ORDER BY thread
"""
_CHUNK_ROW: Final = """
id, thread, position, kind, text, tokens, recorded_at, source_kind, source_ref, source_version,
source_place, trust, run, path, caller
"""
_CHUNKS: Final = f"""
SELECT {_CHUNK_ROW} FROM pai.chunk WHERE {_OPEN} AND thread = %(thread)s AND position > %(after)s
ORDER BY position LIMIT %(limit)s
"""
_CHUNK: Final = f"""
SELECT {_CHUNK_ROW} FROM pai.chunk WHERE workspace = %(workspace)s AND id = %(id)s
"""
_FIND_FACTS: Final = f"""
SELECT {_FACT_ROW} FROM pai.fact
WHERE {_OPEN} AND (subject ILIKE %(like)s OR object ILIKE %(like)s OR predicate ILIKE %(like)s)
ORDER BY id DESC LIMIT %(limit)s
"""
_FIND_CHUNKS: Final = f"""
SELECT {_CHUNK_ROW} FROM pai.chunk WHERE {_OPEN} AND fact IS NULL AND text ILIKE %(like)s
ORDER BY id DESC LIMIT %(limit)s
"""
