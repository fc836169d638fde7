"""A version as the rows show it, and how what it says of a path is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...ids import Json, Workspace
from ..arrays import Bigs, Texts

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
    def levels(self) -> dict[str, Bigs]:
        """As statements take them."""
        return {"lines": Bigs(self.lines), "uptos": Bigs(self.uptos)}


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


def _stop(prefix: str) -> str:
    """The first key behind all that begin with the prefix, which is empty or ends with a slash."""
    return f"{prefix[:-1]}0" if prefix else "\U0010ffff"


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


FEW = 2_000
"""Rows that have ended since a version, up to which all of them are read."""


def _below(shown: str) -> str:
    """A page of a version: what is still there, and what has ended since.

    Few or none have ended since a recent version, and these are found by when they ended: looked
    for in the order of their names, all that has not ended would be read for nothing.
    """
    there = f"f.sha256 IS NOT NULL AND f.folded > %(after)s AND f.folded < %(stop)s AND {shown}"
    on_line = "f.workspace = %(workspace)s AND f.line = l.line"
    since = f"SELECT f.* FROM pai.file f WHERE {on_line} AND f.to_commit > l.upto"
    page = "ORDER BY f.folded LIMIT %(limit)s"
    return f"""
    SELECT {_COLUMNS} FROM {LEVELS} CROSS JOIN LATERAL (
        SELECT count(*) AS ended FROM ({since} LIMIT {FEW + 1}) f
    ) since CROSS JOIN LATERAL (
        (SELECT f.* FROM pai.file f
         WHERE {on_line} AND f.to_commit IS NULL AND f.from_commit <= l.upto AND {there} {page})
        UNION ALL
        (SELECT f.* FROM ({since} ORDER BY f.to_commit LIMIT {FEW}) f
         WHERE since.ended <= {FEW} AND f.from_commit <= l.upto AND {there} {page})
        UNION ALL
        (SELECT f.* FROM pai.file f
         WHERE since.ended > {FEW} AND {on_line} AND f.to_commit > l.upto
           AND f.from_commit <= l.upto AND {there} {page})
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
