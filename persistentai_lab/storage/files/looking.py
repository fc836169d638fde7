"""Looking into a version: what is under a path, and what lies in a folder."""

from collections.abc import Sequence

from ...errors import NotInMemory
from ...ids import Workspace
from ...memory.files.asks import FindFiles, ListFiles
from ...memory.files.glob import Pattern
from ...memory.files.model import Stat
from ...memory.files.path import folded
from .view import Connection, Row, View, anything_below, below, find

CHUNK = 256
"""Rows that are looked at for a page of a folder, before what lies deeper is passed over."""
FEW = 16
"""The same where one folder has filled them all: the next one may, too."""
BEHIND = "/\U0010ffff"
"""After a folder's key: behind all that lies in it, before a name that only begins like it."""
MANY = 5_000
"""Rows that a pattern is held against at once."""


async def stat(connection: Connection, workspace: Workspace, view: View, path: str) -> Stat:
    """What is under a path. Raises `NotInMemory`."""
    key = folded(path)
    row = (await find(connection, workspace, view, [key])).get(key)
    if row is not None and row.path == path:
        return (await told(connection, workspace, [row]))[0]
    inside = await anything_below(connection, workspace, view, [f"{key}/"])
    if any(other.startswith(f"{path}/") for other in inside.values()):
        return Stat(path=path, kind="folder")
    there = row.path if row else next((it[: len(path)] for it in inside.values()), None)
    also = f" There is {there!r}, which looks much like it." if there else ""
    raise NotInMemory(
        f"There is no file {path!r} in this version.{also}",
        remedy="List the folder to see what is there.",
    )


async def told(connection: Connection, workspace: Workspace, rows: Sequence[Row]) -> list[Stat]:
    """Files, each with the commit that wrote it."""
    commits = list({row.from_commit for row in rows})
    found = await connection.execute(_COMMITS, (workspace, commits))
    by_number = {number: (hashed, at) for number, hashed, at in await found.fetchall()}
    return [
        Stat(
            path=row.path, sha256=row.sha256, size=row.size, media_type=row.media_type,
            meta=row.meta, commit=by_number[row.from_commit][0], at=by_number[row.from_commit][1],
        )
        for row in rows
    ]  # fmt: skip


async def listing(
    connection: Connection, workspace: Workspace, view: View, query: ListFiles
) -> list[Stat]:
    """A page of a folder. Raises `NotInMemory` when there is no such folder."""
    prefix, after = folded(query.folder), folded(query.after)
    if query.recursive:
        rows = await below(connection, workspace, view, prefix, after=after, limit=query.limit)
        if not rows:
            await _check_folder(connection, workspace, view, query)
        return await told(connection, workspace, rows)
    depth = len(query.folder)
    found: list[Row | Stat] = []
    place = after
    if after and after not in await find(connection, workspace, view, [after]):
        place = after.rstrip("/") + BEHIND  # it was a folder
    chunk = CHUNK
    while len(found) < query.limit:
        rows = await below(connection, workspace, view, prefix, after=place, limit=chunk)
        for row in rows:
            if row.folded < place:  # in a folder that is told already
                continue
            name, slash, _ = row.path[depth:].partition("/")
            if slash:
                found.append(Stat(path=query.folder + name, kind="folder"))
                place = f"{prefix}{folded(name)}{BEHIND}"
            else:
                found.append(row)
                place = row.folded
        if len(rows) < chunk:
            break
        chunk = FEW if place.endswith(BEHIND) else CHUNK
    if not found:
        await _check_folder(connection, workspace, view, query)
    page = found[: query.limit]
    files = iter(await told(connection, workspace, [row for row in page if isinstance(row, Row)]))
    return [each if isinstance(each, Stat) else next(files) for each in page]


async def matching(
    connection: Connection, workspace: Workspace, view: View, query: FindFiles
) -> list[Stat]:
    """A page of the files whose paths fit a pattern."""
    pattern = Pattern.of(query.pattern)
    prefix, place = folded(pattern.folder), folded(query.after)
    found: list[Row] = []
    while len(found) < query.limit:
        rows = await below(connection, workspace, view, prefix, after=place, limit=MANY)
        found += [row for row in rows if pattern.fits(row.path)]
        if len(rows) < MANY:
            break
        place = rows[-1].folded
    return await told(connection, workspace, found[: query.limit])


async def _check_folder(
    connection: Connection, workspace: Workspace, view: View, query: ListFiles
) -> None:
    if query.folder and not query.after:
        found = await stat(connection, workspace, view, query.folder[:-1])
        if found.kind == "file":
            raise NotInMemory(
                f"{query.folder[:-1]!r} is a file, not a folder.", remedy="Read it instead."
            )


_COMMITS = """
SELECT id, encode(hash, 'hex'), at FROM pai.file_commit
WHERE workspace = %s AND id = ANY(%s::bigint[])
"""
