"""The store that a workspace moves to, as it is written: a commit as it was made elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ...errors import MemoryRefused
from ...memory.author import Author
from ...memory.files.model import MAIN, Branch, Commit, Tag
from ...memory.files.path import folded
from ...memory.files.settle import New, Settled
from ..blobs import Blobs
from ..files import committing
from ..files.versions import look, number, of_ref
from ..lakefs import protocol
from ..lakefs.names import key_tag, to_lake
from ..lakefs.protocol import Upload, Work
from ..lakefs.tree import notes_of
from ..lakefs.versions import RECORD, TOUCHED_MAX, Versions, record
from ..pool import Pool
from .reader import Delta, Reader

_MOVE = "_move"
"""A branch in lakeFS, for commits that are on none of the branches' own chains."""


class Writer(Protocol):
    """Writes a workspace."""

    async def put(
        self, reader: Reader, commit: Commit, delta: Delta, now: Mapping[str, str]
    ) -> str:
        """Make a commit as it was made; `now` tells ids of others as they are here."""
        ...

    async def point(
        self, connection: Any, branches: Sequence[Branch], tags: Sequence[Tag],
        now: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Make branches and tags what they were."""
        ...


class LakeWriting:
    """Into lakeFS. What is on the chain of `main` goes there; other commits where they belong."""

    def __init__(self, versions: Versions, author: Author, chain: set[str]) -> None:
        self._versions = versions
        self._author = author
        self._chain = chain
        self._first: str | None = None

    async def put(
        self, reader: Reader, commit: Commit, delta: Delta, now: Mapping[str, str]
    ) -> str:
        """Make a commit, under its own key, or one that stands for its id."""
        lake, key = self._versions.lake, commit.key or f"moved:{commit.id}"
        target = MAIN if commit.id in self._chain else _MOVE
        if (known := await protocol.find(lake, target, key, None)) is not None:
            return known
        head = now[commit.parents[0]] if commit.parents else await self._begin()
        await self._stand(target, head)  # nobody else is here, so nobody overtakes
        work = Work(gone=delta.gone, also=tuple(now[id] for id in commit.parents[1:]))
        for stat in delta.puts:
            payload = await reader.open(stat)
            new = New(stat.path, stat.sha256 or "", stat.media_type or "", stat.meta)
            work.put[stat.path] = Upload(payload.data, notes_of(new, key_tag(key), commit.at))
        moved = commit.model_copy(
            update={
                "parents": tuple(now[id] for id in commit.parents),
                "restored": now.get(commit.restored or ""),
            }
        )
        touched = [folded(path) for path in (*work.put, *work.gone)]
        said = record(moved, touched if len(touched) <= TOUCHED_MAX else None)
        message = commit.message or commit.kind
        return await protocol.commit(lake, target, head, key, message, {RECORD: said}, work)

    async def _begin(self) -> str:
        """The commit that the repository began with."""
        lake = self._versions.lake
        if self._first is None:
            await lake.call(lake.found)
            commit = await lake.call(lake.commit_of, MAIN)
            while commit.parents:
                commit = (await lake.call(lake.log, commit.id))[-1]
            self._first = commit.id
        return self._first

    async def _stand(self, target: str, head: str) -> None:
        lake = self._versions.lake
        there = await lake.call(lake.head, target)
        if there == head:
            return
        if target == MAIN:
            raise MemoryRefused(
                f"The repository {lake.repository!r} in lakeFS has another history already.",
                remedy="Delete it there, if nobody needs it, or choose another namespace.",
            )
        await lake.call(lake.drop, target)
        await lake.call(lake.branch, target, head)

    async def point(
        self, connection: Any, branches: Sequence[Branch], tags: Sequence[Tag],
        now: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Make branches and tags what they were; that of `main` is where it is."""
        lake, where = self._versions.lake, self._author.workspace
        await lake.call(lake.drop, _MOVE)
        for branch in branches:
            name = to_lake(branch.name)
            head = now[branch.head] if branch.head else await self._begin()
            if await lake.call(lake.head, name) != head:
                await lake.call(lake.drop, name)
                await lake.call(lake.branch, name, head)
            row = (where, "branch", branch.name, "", branch.created_at, branch.owner, branch.owner)
            await connection.execute(_NOTE, row)
        for tag in tags:
            name = to_lake(tag.name)
            if await lake.call(lake.tagged, name) != now[tag.commit]:
                await lake.call(lake.untag, name)
                await lake.call(lake.tag, name, now[tag.commit])
            row = (where, "tag", tag.name, tag.message, tag.at, tag.owner, tag.owner)
            await connection.execute(_NOTE, row)


class PostgresWriting:
    """Into Postgres, where nobody looks as long as the files are elsewhere."""

    def __init__(self, pool: Pool, blobs: Blobs, author: Author) -> None:
        self._pool = pool
        self._blobs = blobs
        self._author = author

    async def put(
        self, reader: Reader, commit: Commit, delta: Delta, now: Mapping[str, str]
    ) -> str:
        """Enter a commit into the chain, on the branch that it was made on."""
        where = self._author.workspace
        author = Author(where, commit.owner, commit.caller, commit.run, commit.path)  # type: ignore[arg-type]
        settled = Settled(gone={folded(path): path for path in delta.gone})
        for stat in delta.puts:
            payload = await reader.open(stat)
            sha256 = await self._blobs.put(where, payload, owner=commit.owner, caller=commit.caller)
            new = New(stat.path, sha256, payload.media_type, stat.meta)
            settled.puts[folded(stat.path)] = new
        ids = [
            *(now[id] for id in commit.parents),
            *([now[commit.restored]] if commit.restored else []),
        ]
        async with self._pool.connection() as connection, connection.transaction():
            if (known := await _known(connection, author, commit)) is not None:
                return known
            seen = await look(connection, where, number(None), *(of_ref(id) for id in ids))
            nothing, parents = seen[0], seen[1 : 1 + len(commit.parents)]
            parent = parents[0] if parents else nothing
            await connection.execute(_STAND, (where, commit.branch, parent.commit, commit.owner,
                                              commit.caller))  # fmt: skip
            tip = await committing.lock(connection, author, commit.branch)
            tip = committing.Tip(commit.branch, tip.line, parent, commit.at, tuple(parents[1:]))
            about = committing.About(
                commit.message, commit.meta, commit.key, commit.kind, tuple(parents[1:]),
                seen[-1] if commit.restored else None,
            )  # fmt: skip
            return await committing.write(connection, author, tip, settled, about)

    async def point(
        self, connection: Any, branches: Sequence[Branch], tags: Sequence[Tag],
        now: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Make branches and tags what they were, and take away those that are no more."""
        where = self._author.workspace
        names = [branch.name for branch in branches]
        await connection.execute(_NO_BRANCH, (where, names))
        await connection.execute(_NO_TAG, (where, [tag.name for tag in tags]))
        for branch in branches:
            head = bytes.fromhex(now[branch.head]) if branch.head else None
            row = (where, branch.name, where, head, branch.owner, branch.owner, branch.created_at,
                   branch.updated_at)  # fmt: skip
            await connection.execute(_POINT, row)
        for tag in tags:
            named = (where, tag.name, tag.message, tag.at, tag.owner, tag.owner, where,
                   bytes.fromhex(now[tag.commit]))  # fmt: skip
            await connection.execute(_TAG, named)


async def _known(connection: Any, author: Author, commit: Commit) -> str | None:
    """A commit that was entered before, by its key or by what it was called in lakeFS."""
    values = (author.workspace, commit.key, author.workspace, commit.id)
    row = await (await connection.execute(_KNOWN, values)).fetchone()
    return str(row[0]) if row else None


_NOTE = """
INSERT INTO pai.file_ref (workspace, kind, name, message, at, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (workspace, kind, name) DO UPDATE SET message = excluded.message, at = excluded.at
"""
_KNOWN = """
SELECT encode(hash, 'hex') FROM pai.file_commit WHERE workspace = %s AND key = %s
UNION ALL SELECT postgres FROM pai.file_move WHERE workspace = %s AND lakefs = %s LIMIT 1
"""
_STAND = """
INSERT INTO pai.file_branch AS b (workspace, name, head, owner, caller) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (workspace, name) DO UPDATE SET head = excluded.head, line = NULL
WHERE b.head IS DISTINCT FROM excluded.head
"""
_NO_BRANCH = "DELETE FROM pai.file_branch WHERE workspace = %s AND name <> ALL(%s::text[])"
_NO_TAG = "DELETE FROM pai.file_tag WHERE workspace = %s AND name <> ALL(%s::text[])"
_POINT = """
INSERT INTO pai.file_branch AS b (workspace, name, head, owner, caller, created_at, updated_at)
SELECT %s, %s, (SELECT id FROM pai.file_commit WHERE workspace = %s AND hash = %s), %s, %s, %s, %s
ON CONFLICT (workspace, name) DO UPDATE SET
    head = excluded.head, created_at = excluded.created_at, updated_at = excluded.updated_at,
    owner = excluded.owner,
    line = CASE WHEN b.head IS NOT DISTINCT FROM excluded.head THEN b.line END
"""
_TAG = """
INSERT INTO pai.file_tag (workspace, name, message, at, owner, caller, commit)
SELECT %s, %s, %s, %s, %s, %s, (SELECT id FROM pai.file_commit WHERE workspace = %s AND hash = %s)
ON CONFLICT (workspace, name) DO UPDATE SET
    commit = excluded.commit, message = excluded.message, at = excluded.at
"""
