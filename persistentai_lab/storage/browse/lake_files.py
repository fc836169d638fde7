"""Files in the tree of a workspace whose files live in lakeFS."""

from datetime import datetime

from ...errors import NotInMemory
from ...memory.author import Author
from ...memory.files.asks import ListBranches, ListFiles, LogFiles, StatFile
from ...memory.files.model import MAIN, Branch, Commit, Stat
from ...memory.files.path import folded
from ..lakefs.tree import Tree
from ..places import Places
from .contents import Contents
from .file_items import iso, item, version_told
from .model import Entry, Item, LayerHead, Page, Version
from .shelf import Connection, gone, paged, run_link
from .uses import used_by


class LakeShelf:
    """What `FileShelf` tells, by the queries that anybody may ask."""

    def __init__(self, files: Places) -> None:
        self._files = files
        self._contents = Contents(files)

    async def head(self, author: Author, at: datetime | None) -> LayerHead:
        """Files of all branches."""
        branches = await self._branches(author)
        count = sum([len((await self._tree(author, each.name, at)).rows) for each in branches])
        return LayerHead(
            layer="files", count=count, mark=".".join(f"{b.name}@{b.head}" for b in branches),
            updated_at=max((each.updated_at for each in branches), default=None),
        )  # fmt: skip

    async def page(
        self, author: Author, under: str, at: datetime | None, after: str, limit: int
    ) -> Page:
        """Branches, if there are several; else what lies in a folder."""
        if not under:
            names = [each.name for each in await self._branches(author)]
            if names not in ([], [MAIN]):
                return Page(
                    items=[Item(id=f"{n}/", name=n, kind="folder", icon="branch") for n in names]
                )
            under = f"{MAIN}/"
        branch, _, folder = under.partition("/")
        asked = ListFiles(branch=branch, folder=folder, at=iso(at), after=after, limit=limit + 1)
        try:
            answer = await self._files.answer(author, asked)
        except NotInMemory:  # the folder was not there then
            return Page(items=[])
        found = [Stat.model_validate(each) for each in answer.value or ()]  # type: ignore[union-attr]
        last = found[:limit][-1].path if found else ""
        return paged([item(branch, stat) for stat in found], limit, last)

    async def search(
        self, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Files by their paths."""
        wanted, found = folded(text), []
        for branch in await self._branches(author):
            rows = (await self._tree(author, branch.name, at)).rows
            found += [
                Item(
                    id=f"{branch.name}/{row.path}", name=row.path, icon=row.media_type,
                    size=row.size,
                )
                for key, row in sorted(rows.items(), key=lambda each: (len(each[1].path), each[0]))
                if wanted in key
            ]  # fmt: skip
        return found[:limit]

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A file with its content."""
        branch, _, path = id.partition("/")
        stat = await self._files.stat(
            author, StatFile(branch=branch, path=path, at=version or iso(at))
        )
        if stat.kind == "folder" or stat.commit is None:
            raise gone(f"file {path!r}", at, "It is a folder: open it in the tree.")
        by = await self._files.lake[0].of(author.workspace).commit(stat.commit)
        return Entry(
            layer="files", id=id, title=path, what=stat.media_type or "file", at=stat.at,
            by=by.caller, version=stat.commit,
            shown=await self._contents.shown(author, branch, stat), has_versions=True,
            can_restore=True, links=run_link(by.run, by.path),
            uses=await used_by(connection, author, "files", id, at=at, shown=stat.sha256),
            facts=[
                *([("Message", by.message)] if by.message else []),
                ("Branch", branch), ("Commit", stat.commit), ("Content", stat.sha256 or ""),
            ],
        )  # fmt: skip

    async def versions(self, author: Author, id: str, limit: int) -> list[Version]:
        """Contents it had, and when it was deleted."""
        branch, _, path = id.partition("/")
        answer = await self._files.answer(author, LogFiles(branch=branch, path=path, limit=limit))
        versions = self._files.lake[0].of(author.workspace)
        found = []
        for each in answer.value or ():  # type: ignore[union-attr]
            commit = Commit.model_validate(each)
            row = (await versions.tree(commit.id)).rows.get(folded(path))
            found.append(version_told(commit, row))
        return found

    async def _branches(self, author: Author) -> list[Branch]:
        answer = await self._files.answer(author, ListBranches())
        found = [Branch.model_validate(each) for each in answer.value or ()]  # type: ignore[union-attr]
        return sorted(found, key=lambda branch: (branch.name != MAIN, branch.name))

    async def _tree(self, author: Author, branch: str, at: datetime | None) -> Tree:
        versions = self._files.lake[0].of(author.workspace)
        return await versions.tree(await versions.resolve(branch, iso(at)))
