"""Follows the chain of commits: each hash is computed anew from what the rows say."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import class_row

from ...ids import Json, Path, RunId, Workspace
from ...memory import chain
from ...memory.author import Author
from ...memory.files.asks import VerifyFiles
from ...memory.files.model import FilesBreak, FilesVerdict
from ..arrays import Bigs
from .committing import before, facts_of, payload_of
from .diffing import changes
from .versions import look, number
from .view import Connection, find

PAGE = 500
"""Commits that are looked at, with their rows, at a time."""


@dataclass(frozen=True, slots=True)
class _Link:
    id: int
    line: int
    parents: list[int]
    before: list[bytes]
    """Hashes of the parents that are there."""
    hash: bytes
    kind: str
    branch: str
    message: str
    meta: dict[str, Any]
    restored: int | None
    restored_hash: bytes | None
    key: str | None
    salt: bytes | None
    payload_hash: bytes
    at: datetime
    owner: str
    caller: str
    run: RunId | None
    path: Path | None
    is_based: bool
    """Its line began from another."""


@dataclass(slots=True)
class _Rows:
    """What began and what ended with a commit, by folded key."""

    begun: dict[str, tuple[str, str | None, str, str]] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)


async def verify(connection: Connection, workspace: Workspace, query: VerifyFiles) -> FilesVerdict:
    """Follow all commits of a workspace, in a transaction that sees one moment."""
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    count, erased, named, anchored = 0, set[str](), set[str](), False
    broken: FilesBreak | None = None
    after = 0
    while broken is None and (links := await _page(connection, workspace, after)):
        rows = await _rows(connection, workspace, links)
        for link in links:
            what = await _wrong(connection, workspace, link, rows.get(link.id, _Rows()))
            if what is not None:
                broken = FilesBreak(commit=link.hash.hex(), branch=link.branch, what=what)
                break
            count += 1
            anchored = anchored or link.hash.hex() == query.anchor
            if link.salt is None:
                erased.add(link.hash.hex())
            named.update(_named_in(link))
        after = links[-1].id
    found = await connection.execute(_HEADS, {"workspace": workspace})
    heads = {name: id for name, id, _ in await found.fetchall()}
    broken = broken or await _pointing_nowhere(connection, workspace)
    if broken is None and (silent := sorted(erased - named)):
        broken = FilesBreak(commit=silent[0], what="it was erased, and no commit says so")
    if broken is None and query.anchor is not None and not anchored:
        broken = FilesBreak(commit=query.anchor, what="it was noted elsewhere, and is not here")
    return FilesVerdict(commits=count, erased=len(erased), heads=heads, broken=broken)


async def _page(connection: Connection, workspace: Workspace, after: int) -> list[_Link]:
    cursor = connection.cursor(row_factory=class_row(_Link))
    await cursor.execute(_LINKS, {"workspace": workspace, "after": after, "page": PAGE})
    return await cursor.fetchall()


async def _rows(
    connection: Connection, workspace: Workspace, links: Iterable[_Link]
) -> dict[int, _Rows]:
    values = {
        "workspace": workspace, "lines": Bigs(link.line for link in links),
        "ids": Bigs(link.id for link in links),
    }  # fmt: skip
    found: dict[int, _Rows] = {}
    begun = await connection.execute(_BEGUN, values)
    for commit, key, *said in await begun.fetchall():
        found.setdefault(commit, _Rows()).begun[key] = tuple(said)
    ended = await connection.execute(_ENDED, values)
    for commit, key, path in await ended.fetchall():
        found.setdefault(commit, _Rows()).ended[key] = path
    return found


async def _wrong(
    connection: Connection, workspace: Workspace, link: _Link, rows: _Rows
) -> str | None:
    """What doesn't hold about a commit."""
    if len(link.before) != len(link.parents):
        return "a version that it came from is missing"
    if link.restored is not None and link.restored_hash is None:
        return "the version that it restored is missing"
    if link.salt is not None:
        told = await _told(connection, workspace, link, rows)
        payload = payload_of(told, link.message, link.meta)
        if chain.payload_hash(link.salt, payload) != link.payload_hash:
            return "what it changed, or says, is not what was written"
    if not any(
        _hash(workspace, link, at) == link.hash for at in (link.at.astimezone(UTC), link.at)
    ):
        return "its hash is not that of what it says and what came before"
    if link.kind == "restore" and not rows.begun and not rows.ended:
        now, then = await look(connection, workspace, number(link.id), number(link.restored))
        if await changes(connection, workspace, now, then, limit=1):
            return "it does not have the files of the version that it restored"
    return None


def _hash(workspace: Workspace, link: _Link, at: datetime) -> bytes:
    author = Author(workspace, link.owner, link.caller, link.run, link.path)
    restored = link.restored_hash.hex() if link.restored_hash else None
    facts = facts_of(author, link.branch, link.kind, link.key, at, restored)
    return chain.link(before(link.before), facts, link.payload_hash)


async def _told(
    connection: Connection, workspace: Workspace, link: _Link, rows: _Rows
) -> list[Json]:
    """The changes as the commit's hash took them."""
    puts = {key: row for key, row in rows.begun.items() if row[1] is not None}
    gone = {row[0] for row in rows.begun.values() if row[1] is None} | set(rows.ended.values())
    if link.is_based and (unseen := [key for key in puts if key not in rows.ended]):
        # Spelled otherwise before, on the line that this one began from: nothing ended here.
        was = await look(connection, workspace, number(link.parents[0] if link.parents else None))
        there = await find(connection, workspace, was[0], unseen)
        gone |= {row.path for key, row in there.items() if row.path != puts[key][0]}
    gone -= {path for path, *_ in puts.values()}
    told: list[tuple[str, Json]] = [(path, [path]) for path in gone]
    for path, sha256, media_type, meta in puts.values():
        told.append((path, [path, sha256, media_type, json.loads(meta)]))
    return [said for _, said in sorted(told, key=lambda row: row[0])]


def _named_in(link: _Link) -> list[str]:
    said: Any = link.meta.get("erased") if link.kind == "erase" else None
    return list(said["commits"]) if isinstance(said, dict) else []


async def _pointing_nowhere(connection: Connection, workspace: Workspace) -> FilesBreak | None:
    found = await connection.execute(_NOWHERE, {"workspace": workspace})
    row = await found.fetchone()
    if row is None:
        return None
    return FilesBreak(commit="", branch=row[1], what=f"{row[0]} {row[1]!r} points to no commit")


_LINKS = """
SELECT c.id, c.line, c.parents, c.hash, c.kind, c.branch, c.message, c.meta, c.restored, c.key,
       c.salt, c.payload_hash, c.at, c.owner, c.caller, c.run, c.path,
       ARRAY(SELECT p.hash FROM unnest(c.parents) WITH ORDINALITY AS u(id, n)
             JOIN pai.file_commit p ON p.workspace = c.workspace AND p.id = u.id
             ORDER BY u.n) AS before,
       (SELECT r.hash FROM pai.file_commit r
        WHERE r.workspace = c.workspace AND r.id = c.restored) AS restored_hash,
       l.base_line IS NOT NULL AS is_based
FROM pai.file_commit c
JOIN pai.file_line l ON l.workspace = c.workspace AND l.id = c.line
WHERE c.workspace = %(workspace)s AND c.id > %(after)s ORDER BY c.id LIMIT %(page)s
"""
_BEGUN = """
SELECT f.from_commit, f.folded, f.path, f.sha256, f.media_type, f.meta::text
FROM unnest(%(lines)s::bigint[], %(ids)s::bigint[]) AS c(line, id)
JOIN pai.file f ON f.line + 0 = c.line AND f.from_commit + 0 = c.id
WHERE f.workspace = %(workspace)s
"""
_ENDED = """
SELECT f.to_commit, f.folded, f.path
FROM unnest(%(lines)s::bigint[], %(ids)s::bigint[]) AS c(line, id)
JOIN pai.file f ON f.line = c.line AND f.to_commit = c.id
WHERE f.workspace = %(workspace)s AND f.sha256 IS NOT NULL
"""
_HEADS = """
SELECT b.name, encode(c.hash, 'hex'), b.head FROM pai.file_branch b
LEFT JOIN pai.file_commit c ON c.workspace = b.workspace AND c.id = b.head
WHERE b.workspace = %(workspace)s ORDER BY b.name
"""
_NOWHERE = """
SELECT * FROM (
    SELECT 'branch', name, head FROM pai.file_branch WHERE workspace = %(workspace)s
    UNION ALL
    SELECT 'tag', name, commit FROM pai.file_tag WHERE workspace = %(workspace)s
) AS n(what, name, id)
WHERE id IS NOT NULL AND NOT EXISTS (
    SELECT FROM pai.file_commit c WHERE c.workspace = %(workspace)s AND c.id = n.id
) LIMIT 1
"""
