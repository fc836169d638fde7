"""Files in the tree: branches, folders, files, each at any moment.

Ids: `main/` a branch, `main/reports/` a folder, `main/reports/a.csv` a file.
"""

from datetime import datetime
from typing import Final, LiteralString

from ...errors import NotInMemory
from ...memory.author import Author
from ...memory.files.asks import ListFiles, LogFiles, StatFile
from ...memory.files.model import MAIN
from ...memory.files.path import folded
from ..files import looking
from ..files.history import log
from ..files.versions import resolve
from ..files.versions import version as version_of
from ..files.view import find
from ..places import Places
from .contents import Contents
from .file_items import iso, item, version_told
from .lake_files import LakeShelf
from .model import Entry, Item, LayerHead, Page, Version
from .shelf import Connection, containing, gone, paged, rows, run_link
from .uses import used_by

VERSIONS_MAX = 50
"""Of a file that are told: each is looked up."""


class FileShelf:
    """The files layer."""

    changes: Final = "SELECT at FROM pai.file_commit WHERE workspace = %(workspace)s"

    def __init__(self, files: Places) -> None:
        self._files = files
        self._contents = Contents(files)
        self._lake = LakeShelf(files)
        self._counted: dict[tuple[str, str], int] = {}
        """Files by version, of which the last few are kept: counting takes a while."""

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """Files of all branches."""
        if await self._files.are_in_lakefs(author.workspace):
            return await self._lake.head(author, at)
        branches = await rows(connection, _BRANCHES, workspace=author.workspace)
        count = 0
        for branch in branches:
            count += await self._count(connection, author, branch["name"], at)
        mark = ".".join(f"{each['name']}@{each['head']}" for each in branches)
        updated = max((each["updated_at"] for each in branches), default=None)
        return LayerHead(layer="files", count=count, mark=mark, updated_at=updated)

    async def _count(
        self, connection: Connection, author: Author, branch: str, at: datetime | None
    ) -> int:
        view = await resolve(connection, author.workspace, branch, iso(at))
        if view.id is None:
            return 0
        key = (author.workspace, view.id)
        if key not in self._counted:
            (found,) = await rows(connection, _COUNT, workspace=author.workspace, **view.levels)
            if len(self._counted) > 1_000:
                self._counted.clear()
            self._counted[key] = found["count"]
        return self._counted[key]

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """Branches, if there are several; else what lies in a folder."""
        if await self._files.are_in_lakefs(author.workspace):
            return await self._lake.page(author, under, at, after, limit)
        if not under:
            branches = await rows(connection, _BRANCHES, workspace=author.workspace)
            names = [each["name"] for each in branches]
            if names not in ([], [MAIN]):
                return Page(
                    items=[
                        Item(id=f"{name}/", name=name, kind="folder", icon="branch")
                        for name in names
                    ]
                )
            under = f"{MAIN}/"
        branch, _, folder = under.partition("/")
        asked = ListFiles(branch=branch, folder=folder, at=iso(at), after=after, limit=limit + 1)
        try:
            view = await resolve(connection, author.workspace, branch, asked.at)
            found = await looking.listing(connection, author.workspace, view, asked)
        except NotInMemory:  # the folder was not there then
            return Page(items=[])
        last = found[:limit][-1].path if found else ""
        return paged([item(branch, stat) for stat in found], limit, last)

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Files by their paths."""
        if await self._files.are_in_lakefs(author.workspace):
            return await self._lake.search(author, text, at, limit)
        found: list[Item] = []
        for branch in await rows(connection, _BRANCHES, workspace=author.workspace):
            view = await resolve(connection, author.workspace, branch["name"], iso(at))
            like = containing(folded(text))
            there = await rows(
                connection, _NAMED, workspace=author.workspace, like=like, limit=limit,
                **view.levels,
            )  # fmt: skip
            found += [
                Item(
                    id=f"{branch['name']}/{row['path']}", name=row["path"],
                    icon=row["media_type"], size=row["size"],
                )
                for row in there
            ]  # fmt: skip
        return found[:limit]

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A file with its content."""
        if await self._files.are_in_lakefs(author.workspace):
            return await self._lake.entry(connection, author, id, at, version)
        branch, _, path = id.partition("/")
        when = version or iso(at)
        asked = StatFile(branch=branch, path=path, at=when)
        view = await resolve(connection, author.workspace, branch, when)
        stat = await looking.stat(connection, author.workspace, view, asked.path)
        if stat.kind == "folder":
            raise gone(f"file {path!r}", at, "It is a folder: open it in the tree.")
        wrote = await rows(connection, _COMMIT, workspace=author.workspace, hash=stat.commit)
        shown = await self._contents.shown(author, branch, stat)
        by = wrote[0]
        uses = await used_by(connection, author, "files", id, at=at, shown=stat.sha256)
        return Entry(
            layer="files", id=id, title=path, what=stat.media_type or "file", at=stat.at,
            by=by["caller"], version=stat.commit, shown=shown, has_versions=True,
            can_restore=True, links=run_link(by["run"], by["path"]), uses=uses,
            facts=[
                *([("Message", by["message"])] if by["message"] else []),
                ("Branch", branch), ("Commit", stat.commit), ("Content", stat.sha256),
            ],
        )  # fmt: skip

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """Contents it had, and when it was deleted."""
        if await self._files.are_in_lakefs(author.workspace):
            return await self._lake.versions(author, id, min(limit, VERSIONS_MAX))
        branch, _, path = id.partition("/")
        workspace, key = author.workspace, folded(path)
        view = await resolve(connection, workspace, branch, None)
        asked = LogFiles(branch=branch, path=path, limit=min(limit, VERSIONS_MAX))
        found = []
        for commit in await log(connection, workspace, view, asked):
            then = await version_of(connection, workspace, commit.id)
            row = (await find(connection, workspace, then, [key])).get(key)
            found.append(version_told(commit, row))
        return found


_BRANCHES: Final = """
SELECT name, head, updated_at FROM pai.file_branch WHERE workspace = %(workspace)s
ORDER BY name <> 'main', name
"""
_COMMIT: Final = """
SELECT message, caller, run, path FROM pai.file_commit
WHERE workspace = %(workspace)s AND hash = decode(%(hash)s, 'hex')
"""
_THERE: LiteralString = """
FROM unnest(%(lines)s::bigint[], %(uptos)s::bigint[]) WITH ORDINALITY AS l(line, upto, level)
JOIN pai.file f ON f.workspace = %(workspace)s AND f.line = l.line AND f.from_commit <= l.upto
     AND (f.to_commit IS NULL OR f.to_commit > l.upto)
WHERE f.sha256 IS NOT NULL AND NOT EXISTS (
    SELECT FROM unnest(%(lines)s::bigint[], %(uptos)s::bigint[]) WITH ORDINALITY
        AS n(line, upto, level)
    JOIN pai.file g ON g.workspace = %(workspace)s AND g.line = n.line AND g.folded = f.folded
        AND g.from_commit <= n.upto AND (g.to_commit IS NULL OR g.to_commit > n.upto)
    WHERE n.level > l.level
)
"""
"""What a version has: its lines' rows, unless a later line hides them."""
_COUNT: Final = f"SELECT count(*) AS count {_THERE}"
_NAMED: Final = f"""
SELECT f.path, f.media_type, f.size {_THERE} AND f.folded LIKE %(like)s
ORDER BY length(f.path), f.folded LIMIT %(limit)s
"""
