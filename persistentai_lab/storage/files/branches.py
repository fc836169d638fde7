"""Branches and tags: pointers to versions."""

from psycopg.rows import class_row

from ...errors import MemoryRefused, NotInMemory, WriteConflict
from ...ids import Workspace
from ...memory.author import Author
from ...memory.files.asks import CreateBranch, DeleteBranch, DeleteTag, TagVersion
from ...memory.files.model import MAIN, Branch, Tag
from ...memory.layer import Receipt
from .versions import no_branch, version
from .view import Connection


async def create(connection: Connection, author: Author, command: CreateBranch) -> Receipt:
    """Begin a branch. Raises `WriteConflict` when there is one of this name elsewhere."""
    view = await version(connection, author.workspace, command.source)
    row = (author.workspace, command.name, view.commit, author.owner, author.caller)
    if await (await connection.execute(_CREATE, row)).fetchone() is not None:
        return Receipt(command.name, view.id)
    known = await connection.execute(_HEAD, (author.workspace, command.name))
    if await known.fetchone() == (view.commit,):
        return Receipt(command.name, view.id, again=True)
    raise WriteConflict(
        f"There is a branch {command.name!r} already.",
        remedy=f"Choose another name, or `delete_branch({command.name!r})`.",
    )


async def delete(connection: Connection, author: Author, command: DeleteBranch) -> Receipt:
    """Take a branch away."""
    if command.name == MAIN:
        raise MemoryRefused(f"{MAIN!r} is always there.", remedy="Restore it to what it was.")
    gone = await connection.execute(_DELETE, (author.workspace, command.name))
    if gone.rowcount == 0:
        raise no_branch(command.name)
    return Receipt(command.name, None)


async def tag(connection: Connection, author: Author, command: TagVersion) -> Receipt:
    """Tag a version. Raises `WriteConflict` when another has this name."""
    view = await version(connection, author.workspace, command.version)
    if view.commit is None:
        raise NotInMemory(
            f"{command.version!r} has no version yet.", remedy="Commit something first."
        )
    row = (
        author.workspace, command.name, view.commit, command.message, author.owner, author.caller
    )  # fmt: skip
    if await (await connection.execute(_TAG, row)).fetchone() is not None:
        return Receipt(command.name, view.id)
    known = await connection.execute(_TAGGED, (author.workspace, command.name))
    if await known.fetchone() == (view.commit,):
        return Receipt(command.name, view.id, again=True)
    raise WriteConflict(
        f"Another version is tagged {command.name!r}.",
        remedy="Tags don't move: choose another name, or delete the tag first.",
    )


async def untag(connection: Connection, author: Author, command: DeleteTag) -> Receipt:
    """Take a tag away."""
    gone = await connection.execute(_UNTAG, (author.workspace, command.name))
    if gone.rowcount == 0:
        raise NotInMemory(f"There is no tag {command.name!r}.", remedy="Look at the list of them.")
    return Receipt(command.name, None)


async def branches(connection: Connection, workspace: Workspace) -> list[Branch]:
    """All of them; `main` also before its first commit."""
    cursor = connection.cursor(row_factory=class_row(Branch))
    await cursor.execute(_BRANCHES, (workspace,))
    return await cursor.fetchall()


async def tags(connection: Connection, workspace: Workspace) -> list[Tag]:
    """All of them."""
    cursor = connection.cursor(row_factory=class_row(Tag))
    await cursor.execute(_TAGS, (workspace,))
    return await cursor.fetchall()


_CREATE = """
INSERT INTO pai.file_branch (workspace, name, head, owner, caller) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING true
"""
_HEAD = "SELECT head FROM pai.file_branch WHERE workspace = %s AND name = %s"
_DELETE = "DELETE FROM pai.file_branch WHERE workspace = %s AND name = %s"
_TAG = """
INSERT INTO pai.file_tag (workspace, name, commit, message, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING true
"""
_TAGGED = "SELECT commit FROM pai.file_tag WHERE workspace = %s AND name = %s"
_UNTAG = "DELETE FROM pai.file_tag WHERE workspace = %s AND name = %s"
_BRANCHES = """
SELECT b.name, encode(c.hash, 'hex') AS head, b.created_at, b.updated_at, b.owner
FROM pai.file_branch b
LEFT JOIN pai.file_commit c ON c.workspace = b.workspace AND c.id = b.head
WHERE b.workspace = %s ORDER BY b.name
"""
_TAGS = """
SELECT t.name, encode(c.hash, 'hex') AS commit, t.message, t.at, t.owner
FROM pai.file_tag t JOIN pai.file_commit c ON c.workspace = t.workspace AND c.id = t.commit
WHERE t.workspace = %s ORDER BY t.name
"""
