"""A version as the rows show it, and how what it says of a path is found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...errors import MemoryRefused, NotInMemory
from ...ids import Json, Workspace
from ...memory.files.model import MAIN
from ..arrays import Texts

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class View:
    """A version: its place on its line, after the places that the lines before began from."""

    commit: int | None = None
    hash: bytes | None = None
    lines: tuple[int, ...] = ()
    uptos: tuple[int, ...] = ()

    @property
    def id(self) -> str | None:
        """Of its commit."""
        return self.hash.hex() if self.hash else None

    @property
    def levels(self) -> dict[str, list[int]]:
        """As statements take them."""
        return {"lines": list(self.lines), "uptos": list(self.uptos)}


EMPTY = View()


@dataclass(frozen=True, slots=True)
class Row:
    """What a version has under a path."""

    folded: str
    path: str
    sha256: str
    media_type: str
    size: int
    meta: dict[str, Json]
    from_commit: int


async def resolve(
    connection: Connection, workspace: Workspace, branch: str, at: str | None
) -> View:
    """The version that is meant. Raises `NotInMemory`."""
    if at is not None and not _MOMENT.match(at):
        return await view_of(connection, workspace, await _named(connection, workspace, at))
    found = await connection.execute(_BRANCH, (workspace, branch))
    row = await found.fetchone()
    if row is None:
        if branch == MAIN:
            return EMPTY
        raise no_branch(branch)
    head: int | None = row[0]
    if at is not None and head is not None:
        head = await _then(connection, workspace, head, moment(at))
    return await view_of(connection, workspace, head)


async def version(connection: Connection, workspace: Workspace, ref: str) -> View:
    """The version that is meant by a branch, a tag, a commit, or `branch@moment`."""
    branch, _, at = ref.partition("@")
    if at:
        return await resolve(connection, workspace, branch, at)
    is_branch = await (await connection.execute(_BRANCH, (workspace, ref))).fetchone()
    if ref == MAIN or is_branch is not None:
        return await resolve(connection, workspace, ref, None)
    return await view_of(connection, workspace, await _named(connection, workspace, ref))


async def parent_of(connection: Connection, workspace: Workspace, view: View) -> View:
    """The version before, along first parents."""
    found = await connection.execute(_PARENT, (workspace, view.commit))
    row = await found.fetchone()
    return await view_of(connection, workspace, row[0] if row else None)


async def view_of(connection: Connection, workspace: Workspace, commit: int | None) -> View:
    """The version that a commit made."""
    if commit is None:
        return EMPTY
    found = await connection.execute(_LEVELS, {"workspace": workspace, "commit": commit})
    row = await found.fetchone()
    assert row is not None
    return View(commit, row[0], tuple(row[1]), tuple(row[2]))


async def find(
    connection: Connection, workspace: Workspace, view: View, keys: Sequence[str]
) -> dict[str, Row]:
    """What the version has under these folded keys."""
    if not view.lines or not keys:
        return {}
    values = {"workspace": workspace, "keys": Texts(keys), **view.levels}
    cursor = connection.cursor(row_factory=class_row(Row))
    await cursor.execute(_FIND, values)
    return {row.folded: row for row in await cursor.fetchall()}


async def below(
    connection: Connection,
    workspace: Workspace,
    view: View,
    prefix: str,
    *,
    after: str = "",
    limit: int | None = None,
) -> list[Row]:
    """Files whose folded keys begin with a prefix, in the order of these; all, or so many."""
    if not view.lines:
        return []
    values = {
        "workspace": workspace, "after": max(after, prefix), "stop": _stop(prefix),
        "limit": limit, **view.levels,
    }  # fmt: skip
    cursor = connection.cursor(row_factory=class_row(Row))
    await cursor.execute(_BELOW if len(view.lines) > 1 else _BELOW_ALONE, values)
    return await cursor.fetchall()


async def anything_below(
    connection: Connection,
    workspace: Workspace,
    view: View,
    prefixes: Sequence[str],
    *,
    besides: Sequence[str] = (),
) -> dict[str, str]:
    """For each folder with something in it `besides` these keys: the path of one such file."""
    if not view.lines or not prefixes:
        return {}
    values = {
        "workspace": workspace, "prefixes": Texts(prefixes),
        "stops": Texts([_stop(prefix) for prefix in prefixes]),
        "besides": Texts(besides), **view.levels,
    }  # fmt: skip
    found = await connection.execute(_ANY, values)
    return dict(await found.fetchall())


def moment(said: str) -> datetime:
    """A time; without a zone it is UTC. Raises `MemoryRefused`."""
    try:
        time = datetime.fromisoformat(said)
    except ValueError:
        raise MemoryRefused(
            f"{said!r} is no moment.", remedy="Write it like `2026-11-30T09:30:00Z`."
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def no_branch(branch: str) -> NotInMemory:
    """What is said of a branch that isn't there."""
    return NotInMemory(
        f"There is no branch {branch!r}.", remedy="Create it first, or look at the list of them."
    )


async def _named(connection: Connection, workspace: Workspace, name: str) -> int:
    """By a tag, or by the beginning of a hash."""
    found = await connection.execute(_TAG, (workspace, name))
    if (row := await found.fetchone()) is not None:
        return int(row[0])
    if _HASH.fullmatch(name):
        low, high = (bytes.fromhex(name.ljust(64, fill)) for fill in "0f")
        ids = await (await connection.execute(_BY_HASH, (workspace, low, high))).fetchall()
        if len(ids) == 1:
            return int(ids[0][0])
        if ids:
            raise MemoryRefused(
                f"More than one commit begins with {name}.", remedy="Write more of its id."
            )
    raise NotInMemory(
        f"There is no version {name!r}.",
        remedy="Name a branch, a tag, a commit (8 to 64 digits), or a moment "
        "(`2026-11-30T09:30:00Z`).",
    )


async def _then(
    connection: Connection, workspace: Workspace, head: int, time: datetime
) -> int | None:
    values = {"workspace": workspace, "commit": head, "moment": time}
    row = await (await connection.execute(_THEN, values)).fetchone()
    return row[0] if row else None


def _stop(prefix: str) -> str:
    """The first key behind all that begin with the prefix, which is empty or ends with a slash."""
    return f"{prefix[:-1]}0" if prefix else "\U0010ffff"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_BRANCH = "SELECT head FROM pai.file_branch WHERE workspace = %s AND name = %s"
_PARENT = "SELECT parents[1] FROM pai.file_commit WHERE workspace = %s AND id = %s"
_TAG = "SELECT commit FROM pai.file_tag WHERE workspace = %s AND name = %s"
_BY_HASH = """
SELECT id FROM pai.file_commit WHERE workspace = %s AND hash BETWEEN %s AND %s LIMIT 2
"""
HISTORY = """
history AS (
    SELECT c.line, c.id AS upto FROM pai.file_commit c
    WHERE c.workspace = %(workspace)s AND c.id = %(commit)s
    UNION ALL
    SELECT p.line, p.id FROM history h
    CROSS JOIN LATERAL (
        SELECT c.parents[1] AS parent FROM pai.file_commit c
        WHERE c.workspace = %(workspace)s AND c.line = h.line ORDER BY c.id LIMIT 1
    ) first
    JOIN pai.file_commit p ON p.workspace = %(workspace)s AND p.id = first.parent
)
"""
"""The lines that first parents lead along, each up to where they leave it."""
_THEN = f"""
WITH RECURSIVE {HISTORY}
SELECT max(c.id) FROM history h
JOIN pai.file_commit c ON c.workspace = %(workspace)s AND c.line = h.line AND c.id <= h.upto
WHERE c.at <= %(moment)s
"""
_LEVELS = """
WITH RECURSIVE up AS (
    SELECT l.id AS line, c.id AS upto, l.base_line, l.base_commit, 0 AS depth
    FROM pai.file_commit c JOIN pai.file_line l ON l.workspace = c.workspace AND l.id = c.line
    WHERE c.workspace = %(workspace)s AND c.id = %(commit)s
    UNION ALL
    SELECT l.id, up.base_commit, l.base_line, l.base_commit, up.depth + 1
    FROM up JOIN pai.file_line l ON l.workspace = %(workspace)s AND l.id = up.base_line
)
SELECT (SELECT hash FROM pai.file_commit WHERE workspace = %(workspace)s AND id = %(commit)s),
       array_agg(line ORDER BY depth DESC), array_agg(upto ORDER BY depth DESC)
FROM up
"""
_COLUMNS = "f.folded, f.path, f.sha256, f.media_type, f.size, f.meta, f.from_commit"
LEVELS = """
unnest(%(lines)s::bigint[], %(uptos)s::bigint[]) WITH ORDINALITY AS l(line, upto, level)
"""
LATEST = """
SELECT * FROM pai.file
WHERE workspace = %(workspace)s AND line = l.line AND folded = k.folded AND from_commit <= l.upto
ORDER BY from_commit DESC LIMIT 1
"""
"""What a line says of a key up to a commit; it holds unless `to_commit` ended it before."""
_FIND = f"""
SELECT {_COLUMNS} FROM (
    SELECT DISTINCT ON (k.folded) f.*
    FROM unnest(%(keys)s::text[]) AS k(folded) CROSS JOIN {LEVELS} CROSS JOIN LATERAL ({LATEST}) f
    WHERE f.to_commit IS NULL OR f.to_commit > l.upto
    ORDER BY k.folded, l.level DESC
) f WHERE f.sha256 IS NOT NULL
"""
_SHOWN = """
NOT EXISTS (
    SELECT FROM unnest(%(lines)s::bigint[], %(uptos)s::bigint[]) WITH ORDINALITY
        AS n(line, upto, level)
    JOIN pai.file g ON g.workspace = %(workspace)s AND g.line = n.line AND g.folded = f.folded
        AND g.from_commit <= n.upto AND (g.to_commit IS NULL OR g.to_commit > n.upto)
    WHERE n.level > l.level
)
"""
"""Not hidden by what a later line says of it."""


def at_keys(lines: str, uptos: str) -> str:
    """What a version has under the keys of `k`; its lines are parameters of these names."""
    return f"""
    SELECT f.* FROM (
        SELECT DISTINCT ON (k.folded) f.*
        FROM k
        CROSS JOIN unnest(%({lines})s::bigint[], %({uptos})s::bigint[]) WITH ORDINALITY
            AS l(line, upto, level)
        CROSS JOIN LATERAL ({LATEST}) f
        WHERE f.to_commit IS NULL OR f.to_commit > l.upto
        ORDER BY k.folded, l.level DESC
    ) f WHERE f.sha256 IS NOT NULL
    """


def _below(shown: str) -> str:
    there = f"""
        SELECT f.* FROM pai.file f
        WHERE f.workspace = %(workspace)s AND f.line = l.line AND f.sha256 IS NOT NULL
          AND f.folded > %(after)s AND f.folded < %(stop)s AND f.from_commit <= l.upto AND {shown}
    """
    page = "ORDER BY f.folded LIMIT %(limit)s"
    return f"""
    SELECT {_COLUMNS} FROM {LEVELS} CROSS JOIN LATERAL (
        ({there} AND f.to_commit IS NULL {page}) UNION ALL
        ({there} AND f.to_commit > l.upto {page})
    ) f {page}
    """


_BELOW = _below(_SHOWN)
_BELOW_ALONE = _below("true")
_ANY = f"""
SELECT p.prefix, found.path
FROM unnest(%(prefixes)s::text[], %(stops)s::text[]) AS p(prefix, stop)
CROSS JOIN LATERAL (
    SELECT f.path FROM {LEVELS} CROSS JOIN LATERAL (
        SELECT * FROM pai.file f
        WHERE f.workspace = %(workspace)s AND f.line = l.line AND f.to_commit IS NULL
          AND f.folded > p.prefix AND f.folded < p.stop AND f.from_commit <= l.upto
        UNION ALL
        SELECT * FROM pai.file f
        WHERE f.workspace = %(workspace)s AND f.line = l.line AND f.to_commit > l.upto
          AND f.folded > p.prefix AND f.folded < p.stop AND f.from_commit <= l.upto
    ) f
    WHERE f.sha256 IS NOT NULL AND f.folded <> ALL(%(besides)s::text[]) AND {_SHOWN}
    LIMIT 1
) found
"""
