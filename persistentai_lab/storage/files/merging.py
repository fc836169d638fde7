"""Three-way merges, reverts, and older versions brought back."""

from dataclasses import dataclass, field

from ...errors import MergeConflict
from ...flow.payload import Payload
from ...ids import Workspace
from ...memory.author import Author
from ...memory.files import diff
from ...memory.files.asks import Merge, Resolution, Restore, Revert
from ...memory.files.diff.choose import Merged as MergedContent
from ...memory.files.model import Conflict, Merged, Version
from ...memory.files.path import folded
from ...memory.files.settle import New, Settled
from ...memory.layer import Receipt
from ..blobs import DATABASE_MAX, put_inside
from .committing import (
    About,
    Tip,
    as_expected,
    begin_line,
    check_place,
    enter,
    lock,
    write,
)
from .diffing import changes, is_much
from .versions import Meant, of_branch, of_ref, parent_of, view_of
from .view import EMPTY, Connection, Row, View, below, find

FEW = 1_000
"""Paths up to which a version is brought back as changes; more, and its line is gone on from."""
COMMIT_DIGITS = 64
"""Of a commit's whole id, which no moment and hardly any name is as long as; a message is read."""
SHOWN = 100
"""Conflicts that are told with all their details."""


@dataclass(slots=True)
class Woven:
    """What a merge changes, and what stands in its way."""

    settled: Settled = field(default_factory=Settled)
    conflicts: list[Conflict] = field(default_factory=list)
    by_content: list[str] = field(default_factory=list)


async def merge(connection: Connection, author: Author, command: Merge) -> Receipt:
    """Bring another branch in."""
    tip = await lock(connection, author, command.branch, of_ref(command.source), key=command.key)
    if tip.known is not None:
        return _known(command, tip.known)
    as_expected(tip, command.expected)
    (source,) = tip.others
    base = await merge_base(connection, author.workspace, tip.view, source)
    if source.commit is None or base.commit == source.commit:
        done = Merged(commit=tip.view.id)
        return Receipt(command.branch, done.model_dump(mode="json"), again=True)
    message = command.message or f"Merge {command.source}"
    about = About(message, {}, command.key, "merge", also=(source,))
    return await _weave(connection, author, tip, base, source, command, about)


async def revert(connection: Connection, author: Author, command: Revert) -> Receipt:
    """Undo a commit: as if the version before it were merged, from it."""
    tip = await lock(connection, author, command.branch, of_ref(command.commit), key=command.key)
    if tip.known is not None:
        return _known(command, tip.known)
    as_expected(tip, command.expected)
    (base,) = tip.others
    before = await parent_of(connection, author.workspace, base)
    about = About(command.message or f"Undo {command.commit[:12]}", {}, command.key, "revert")
    return await _weave(connection, author, tip, base, before, command, about)


async def restore(connection: Connection, author: Author, command: Restore) -> Receipt:
    """Bring back an older version, or paths of it."""
    where = author.workspace
    tip = await lock(connection, author, command.branch, _then(command), key=command.key)
    if tip.known is not None:
        return Receipt(command.branch, tip.known, again=True)
    as_expected(tip, command.expected)
    (then,) = tip.others
    to = command.to[:12] if len(command.to) == COMMIT_DIGITS else command.to
    message = command.message or f"Restore {to}"
    about = About(message, {}, command.key, "restore", restored=then)
    if command.paths is None:
        if await is_much(connection, where, tip.view, then, FEW):
            return await _go_on_from(connection, author, tip, then, about)
        settled = Settled()
        for each in await changes(connection, where, tip.view, then):
            _take(settled, each.folded, each.before, each.after)
    else:
        keys = [
            key
            for path in command.paths
            for key in await _keys(connection, where, tip.view, then, path)
        ]
        settled = await _as_then(connection, where, tip.view, then, keys)
        await check_place(connection, author, tip.view, settled, {})
    if not settled.keys:
        return Receipt(command.branch, tip.view.id, again=True)
    return Receipt(command.branch, await write(connection, author, tip, settled, about))


async def merge_base(connection: Connection, workspace: Workspace, one: View, other: View) -> View:
    """The newest version that both have come from."""
    if one.commit is None or other.commit is None:
        return EMPTY
    values = {"workspace": workspace, "one": one.commit, "other": other.commit}
    row = await (await connection.execute(_BASE, values)).fetchone()
    return await view_of(connection, workspace, row[0] if row else None)


async def _weave(
    connection: Connection,
    author: Author,
    tip: Tip,
    base: View,
    source: View,
    command: Merge | Revert,
    about: About,
) -> Receipt:
    where = author.workspace
    keys = [each.folded for each in await changes(connection, where, base, source)]
    sides = [await find(connection, where, view, keys) for view in (base, tip.view, source)]
    woven = Woven()
    for key in keys:
        await _merge_path(
            connection, author, woven, key, [side.get(key) for side in sides], command
        )
    if woven.conflicts:
        return _refused(command, woven)
    await check_place(connection, author, tip.view, woven.settled, {})
    done = Merged(
        commit=await write(connection, author, tip, woven.settled, about),
        changed=len(woven.settled.keys),
        by_content=woven.by_content,
    )
    return Receipt(command.branch, done.model_dump(mode="json"))


async def _merge_path(
    connection: Connection,
    author: Author,
    woven: Woven,
    key: str,
    sides: list[Row | None],
    command: Merge | Revert,
) -> None:
    """One path, by lakeFS's table: who alone has changed it is right; else content, or a person."""
    base, ours, theirs = sides
    if _is(theirs) in (_is(ours), _is(base)):
        return
    path = (theirs or ours or base).path  # type: ignore[union-attr]
    if _is(ours) == _is(base):
        return _take(woven.settled, key, ours, theirs)
    if (resolution := command.resolutions.get(path)) is not None:
        return _resolve(woven.settled, key, sides, path, resolution)
    if base and ours and theirs and base.path == ours.path == theirs.path:
        merged = await _by_content(connection, author.workspace, base, ours, theirs)
        if merged is not None and not merged.hunks:
            sha256 = await put_inside(
                connection, author.workspace, Payload(merged.data, ours.media_type),
                owner=author.owner, caller=author.caller,
            )  # fmt: skip
            woven.settled.puts[key] = New(path, sha256, ours.media_type, ours.meta)
            woven.by_content.append(path)
            return None
        hunks = merged.hunks if merged else []
    else:
        hunks = []
    if command.favour is not None:
        return _take(woven.settled, key, ours, ours if command.favour == "ours" else theirs)
    woven.conflicts.append(
        Conflict(
            path=path, base=_version(base), ours=_version(ours), theirs=_version(theirs),
            hunks=hunks,
        )
    )  # fmt: skip
    return None


async def _by_content(
    connection: Connection, workspace: Workspace, base: Row, ours: Row, theirs: Row
) -> MergedContent | None:
    if max(base.size, ours.size, theirs.size) > DATABASE_MAX // 2:
        return None
    found = await connection.execute(
        _CONTENT, (workspace, [row.sha256 for row in (base, ours, theirs)])
    )
    data: dict[str, bytes] = dict(await found.fetchall())
    if not {base.sha256, ours.sha256, theirs.sha256} <= set(data):
        return None
    sides = (data[base.sha256], data[ours.sha256], data[theirs.sha256])
    return diff.merge(ours.path, *sides, media_type=ours.media_type)


def _take(settled: Settled, key: str, ours: Row | None, wanted: Row | None) -> None:
    if _is(ours) == _is(wanted):
        return
    if wanted is None or (ours is not None and ours.path != wanted.path):
        assert ours is not None
        settled.gone[key] = ours.path
    if wanted is not None:
        settled.puts[key] = New(wanted.path, wanted.sha256, wanted.media_type, wanted.meta)


def _resolve(
    settled: Settled, key: str, sides: list[Row | None], path: str, resolution: Resolution
) -> None:
    base, ours, theirs = sides
    if resolution.sha256 is not None:
        settled.puts[key] = New(path, resolution.sha256, resolution.media_type)
        return
    _take(settled, key, ours, resolution.side(path, base, ours, theirs))


def _refused(command: Merge | Revert, woven: Woven) -> Receipt:
    told = Merged(conflicts=woven.conflicts[:SHOWN]).model_dump(mode="json")
    if command.conflicts == "report":
        return Receipt(command.branch, told)
    paths = ", ".join(repr(conflict.path) for conflict in woven.conflicts[:5])
    more = f" and {len(woven.conflicts) - 5} more" if len(woven.conflicts) > 5 else ""
    raise MergeConflict(
        f"Both sides have changed {paths}{more}. Nothing was changed.",
        remedy="Look at `conflicts`, then merge again with `resolutions`, or `favour` a side.",
        conflicts=told["conflicts"],
    )


def _known(command: Merge | Revert, commit: str) -> Receipt:
    return Receipt(command.branch, Merged(commit=commit).model_dump(mode="json"), again=True)


def _then(command: Restore) -> Meant:
    """A moment is one of this branch."""
    if command.to[:4].isdigit() and command.to[4:5] == "-":
        return of_branch(command.branch, command.to)
    return of_ref(command.to)


async def _as_then(
    connection: Connection, workspace: Workspace, now: View, then: View, keys: list[str]
) -> Settled:
    settled = Settled()
    keys = list(dict.fromkeys(keys))
    has, had = [await find(connection, workspace, view, keys) for view in (now, then)]
    for key in keys:
        _take(settled, key, has.get(key), had.get(key))
    return settled


async def _keys(
    connection: Connection, workspace: Workspace, now: View, then: View, path: str
) -> list[str]:
    """Of a file, or of all that is or was in a folder."""
    key = folded(path)
    rows = [
        row for view in (now, then) for row in await below(connection, workspace, view, f"{key}/")
    ]
    return [key, *(row.folded for row in rows)]


async def _go_on_from(
    connection: Connection, author: Author, tip: Tip, then: View, about: About
) -> Receipt:
    """The whole version at once: a new line that begins from it, without a row."""
    line = await begin_line(connection, author, then)
    _, digest = await enter(connection, author, tip, line, [], about)
    return Receipt(tip.branch, digest.hex())


def _is(row: Row | None) -> tuple[str, str, str] | None:
    return None if row is None else (row.path, row.sha256, row.media_type)


def _version(row: Row | None) -> Version | None:
    if row is None:
        return None
    return Version(sha256=row.sha256, size=row.size, media_type=row.media_type)


_CONTENT = """
SELECT DISTINCT ON (sha256) sha256, data FROM pai.blob
WHERE workspace = %s AND sha256 = ANY(%s::text[]) AND data IS NOT NULL
"""
_BASE = """
WITH RECURSIVE from_one AS (
    SELECT line, id AS upto FROM pai.file_commit
    WHERE workspace = %(workspace)s AND id = %(one)s
    UNION
    SELECT p.line, p.id FROM from_one a
    JOIN pai.file_commit c ON c.workspace = %(workspace)s AND c.line = a.line
                          AND c.id <= a.upto AND c.joins
    CROSS JOIN unnest(c.parents) AS u(id)
    JOIN pai.file_commit p ON p.workspace = %(workspace)s AND p.id = u.id
    WHERE p.line <> a.line
), from_other AS (
    SELECT line, id AS upto FROM pai.file_commit
    WHERE workspace = %(workspace)s AND id = %(other)s
    UNION
    SELECT p.line, p.id FROM from_other a
    JOIN pai.file_commit c ON c.workspace = %(workspace)s AND c.line = a.line
                          AND c.id <= a.upto AND c.joins
    CROSS JOIN unnest(c.parents) AS u(id)
    JOIN pai.file_commit p ON p.workspace = %(workspace)s AND p.id = u.id
    WHERE p.line <> a.line
)
SELECT least(a.upto, b.upto) FROM from_one a JOIN from_other b USING (line)
ORDER BY 1 DESC LIMIT 1
"""
