"""A store of files, as whoever moves a workspace reads it: commit by commit, and to compare."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import NotInMemory
from ...flow.payload import Payload
from ...memory.author import Author
from ...memory.files import asks
from ...memory.files.model import Branch, Commit, Stat, Tag
from ...memory.layer import Answer
from ..lakefs.versions import Versions
from ..pool import Pool


class Store(Protocol):
    """Files in Postgres, or in lakeFS."""

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        ...

    async def open(self, author: Author, stat: Stat) -> Payload:
        """The content of a file."""
        ...


@dataclass(frozen=True, slots=True)
class Delta:
    """What a commit made of the version before it."""

    puts: list[Stat]
    gone: list[str]


class Reader:
    """Reads a workspace."""

    def __init__(self, store: Store, author: Author) -> None:
        self._store = store
        self._author = author

    async def commits(self) -> list[str]:
        """Ids of all commits, each after its parents."""
        raise NotImplementedError

    async def written(self, id: str) -> list[str]:
        """Paths that a commit wrote, also where only what is noted with them is new."""
        raise NotImplementedError

    async def commit(self, id: str) -> Commit:
        """A commit."""
        (found,) = await self._ask(asks.LogFiles(at=id, limit=1))
        return Commit.model_validate(found)

    async def delta(self, id: str) -> Delta:
        """What a commit made of the version before it."""
        paths = dict.fromkeys(await self.written(id))
        gone, after = [], ""
        while page := await self._ask(asks.DiffFiles(b=id, after=after, limit=asks.PAGE_MAX)):
            after = page[-1]["path"]
            gone += [each["path"] for each in page if each["kind"] == "removed"]
            paths |= dict.fromkeys(each["path"] for each in page if each["kind"] != "removed")
        return Delta([await self.stat(id, path) for path in paths if path not in gone], gone)

    async def stat(self, id: str, path: str) -> Stat:
        """What a version has under a path."""
        answer = await self._store.answer(self._author, asks.StatFile(at=id, path=path))
        return Stat.model_validate(answer.value)

    async def open(self, stat: Stat) -> Payload:
        """The content of a file."""
        return await self._store.open(self._author, stat)

    async def branches(self) -> list[Branch]:
        """All branches."""
        return [Branch.model_validate(each) for each in await self._ask(asks.ListBranches())]

    async def tags(self) -> list[Tag]:
        """All tags."""
        return [Tag.model_validate(each) for each in await self._ask(asks.ListTags())]

    async def chain(self, branch: str) -> set[str]:
        """Commits of a branch along first parents."""
        found: list[str] = []
        try:
            while page := await self._ask(
                asks.LogFiles(
                    branch=branch, before=found[-1] if found else None, limit=asks.PAGE_MAX
                )
            ):
                found += [each["id"] for each in page]
        except NotInMemory:
            return set()
        return set(found)

    async def tree(self, id: str) -> set[str]:
        """All that a version has, each entry as text."""
        return {entry async for entry in self._entries(id)}

    async def _entries(self, id: str) -> AsyncIterator[str]:
        after = ""
        while page := await self._ask(
            asks.ListFiles(at=id, recursive=True, after=after, limit=asks.PAGE_MAX)
        ):
            after = page[-1]["path"]
            for each in page:
                stat = Stat.model_validate(each)
                yield repr((stat.path, stat.sha256, stat.media_type, stat.size, stat.meta))

    async def _ask(self, query: Any) -> list[Any]:
        value = (await self._store.answer(self._author, query)).value
        assert isinstance(value, list)
        return value


class PostgresReader(Reader):
    """Of Postgres."""

    def __init__(self, store: Store, author: Author, pool: Pool) -> None:
        super().__init__(store, author)
        self._pool = pool

    async def commits(self) -> list[str]:
        """In the order in which they were made."""
        return await self._column(_COMMITS, (self._author.workspace,))

    async def written(self, id: str) -> list[str]:
        """By the rows that it wrote."""
        return await self._column(_WRITTEN, (self._author.workspace, id))

    async def _column(self, statement: str, values: tuple[str, ...]) -> list[str]:
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(statement.encode(), values)).fetchall()
        return [row[0] for row in rows]


class LakeReader(Reader):
    """Of lakeFS."""

    def __init__(self, store: Store, author: Author, versions: Versions) -> None:
        super().__init__(store, author)
        self._versions = versions

    async def commits(self) -> list[str]:
        """By their tags, which all of ours have, in the order of their moments."""
        lake = self._versions.lake
        ids = {id for tag, id in await lake.call(lake.tags) if tag.startswith("_key-")}
        made = {id: (await self._versions.commit(id)).at for id in ids}
        return sorted(made, key=made.__getitem__)

    async def written(self, id: str) -> list[str]:
        """By the key that each object has of its commit."""
        tree = await self._versions.tree(id)
        parent = await self._versions.tree(await self._versions.parent(id))
        return [
            row.path
            for key, row in tree.rows.items()
            if (was := parent.rows.get(key)) is None or was.meta != row.meta
        ]


_COMMITS = """
SELECT encode(hash, 'hex') FROM pai.file_commit WHERE workspace = %s ORDER BY id
"""
_WRITTEN = """
SELECT f.path FROM pai.file_commit c
JOIN pai.file f ON f.workspace = c.workspace AND f.line = c.line AND f.from_commit = c.id
WHERE c.workspace = %s AND c.hash = decode(%s, 'hex') AND f.sha256 IS NOT NULL
"""
