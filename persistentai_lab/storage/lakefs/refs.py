"""Branches and tags in lakeFS. It notes nothing with them: who made them stands in Postgres."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused, NotInMemory, WriteConflict
from ...ids import Workspace
from ...memory.author import Author
from ...memory.files.asks import CreateBranch, DeleteBranch, DeleteTag, TagVersion
from ...memory.files.model import MAIN, Branch, Tag
from ...memory.layer import Receipt
from ..files.versions import no_branch
from ..pool import Pool
from .names import from_lake, to_lake
from .versions import Versions

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Note:
    message: str
    at: datetime
    owner: str


async def create(
    connection: Connection, author: Author, versions: Versions, command: CreateBranch, again: bool
) -> Receipt:
    """Begin a branch; `again` when this very command may have done so."""
    lake, name = versions.lake, to_lake(command.name)
    source = await versions.version(command.source)
    if source is None:
        await lake.call(lake.found)
    there = await lake.call(lake.head, name)
    if there is not None:
        head = await versions.ours(there)
        if again or head == source:
            return Receipt(command.name, head, again=True)
        raise WriteConflict(
            f"There is a branch {command.name!r} already.",
            remedy="Choose another name, or delete it.",
        )
    await lake.call(lake.branch, name, source or MAIN)
    await _note(connection, author, "branch", command.name)
    return Receipt(command.name, source)


async def delete(
    connection: Connection, author: Author, versions: Versions, command: DeleteBranch, again: bool
) -> Receipt:
    """Take a branch away."""
    if command.name == MAIN:
        raise MemoryRefused(f"{MAIN!r} is always there.", remedy="Restore it to what it was.")
    lake, name = versions.lake, to_lake(command.name)
    if await lake.call(lake.head, name) is None and not again:
        raise no_branch(command.name)
    await lake.call(lake.drop, name)
    await _forget(connection, author, "branch", command.name)
    return Receipt(command.name, None)


async def tag(
    connection: Connection, author: Author, versions: Versions, command: TagVersion
) -> Receipt:
    """Tag a version."""
    lake, name = versions.lake, to_lake(command.name)
    commit = await versions.version(command.version)
    if commit is None:
        raise NotInMemory(
            f"{command.version!r} has no version yet.", remedy="Commit something first."
        )
    there = await lake.call(lake.tagged, name)
    if there is not None and there != commit:
        raise WriteConflict(
            f"Another version is tagged {command.name!r}.",
            remedy="Tags don't move: choose another name, or delete the tag first.",
        )
    if there is None:
        await lake.call(lake.tag, name, commit)
    await _note(connection, author, "tag", command.name, command.message)
    return Receipt(command.name, commit, again=there is not None)


async def untag(
    connection: Connection, author: Author, versions: Versions, command: DeleteTag, again: bool
) -> Receipt:
    """Take a tag away."""
    lake, name = versions.lake, to_lake(command.name)
    if await lake.call(lake.tagged, name) is None and not again:
        raise NotInMemory(f"There is no tag {command.name!r}.", remedy="Look at the list of them.")
    await lake.call(lake.untag, name)
    await _forget(connection, author, "tag", command.name)
    return Receipt(command.name, None)


async def branches(pool: Pool, workspace: Workspace, versions: Versions) -> list[Branch]:
    """All of them, by name."""
    lake = versions.lake
    if not await lake.call(lake.is_there):
        return []
    notes = await _notes(pool, workspace, "branch")
    found = []
    for lake_name, lake_head in await lake.call(lake.branches):
        if (name := from_lake(lake_name)) is None:
            continue
        head = await versions.ours(lake_head)
        newest = await versions.commit(head) if head else None
        note = notes.get(name)
        at = newest.at if newest else note.at if note else None
        if at is None:  # nobody has written to it yet
            continue
        owner = note.owner if note else newest.owner if newest else ""
        begun = note.at if note else at
        found.append(
            Branch(name=name, head=head, created_at=begun, updated_at=max(at, begun), owner=owner)
        )
    return sorted(found, key=lambda branch: branch.name)


async def tags(pool: Pool, workspace: Workspace, versions: Versions) -> list[Tag]:
    """All of them, by name."""
    lake = versions.lake
    if not await lake.call(lake.is_there):
        return []
    notes = await _notes(pool, workspace, "tag")
    found = []
    for lake_name, id in await lake.call(lake.tags):
        if (name := from_lake(lake_name)) is None or await versions.ours(id) is None:
            continue
        commit, note = await versions.commit(id), notes.get(name)
        found.append(
            Tag(
                name=name, commit=id, message=note.message if note else "",
                at=note.at if note else commit.at, owner=note.owner if note else commit.owner,
            )
        )  # fmt: skip
    return sorted(found, key=lambda tag: tag.name)


async def _notes(pool: Pool, workspace: Workspace, kind: str) -> dict[str, _Note]:
    async with pool.connection() as connection:
        rows = await (await connection.execute(_NOTES, (workspace, kind))).fetchall()
    return {name: _Note(message, at, owner) for name, message, at, owner in rows}


async def _note(
    connection: Connection, author: Author, kind: str, name: str, message: str = ""
) -> None:
    row = (author.workspace, kind, name, message, author.owner, author.caller)
    await connection.execute(_NOTE, row)


async def _forget(connection: Connection, author: Author, kind: str, name: str) -> None:
    await connection.execute(_FORGET, (author.workspace, kind, name))


_NOTES = "SELECT name, message, at, owner FROM pai.file_ref WHERE workspace = %s AND kind = %s"
_NOTE = """
INSERT INTO pai.file_ref (workspace, kind, name, message, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM pai.file_ref WHERE workspace = %s AND kind = %s AND name = %s"
