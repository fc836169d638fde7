"""The log of a branch or of a path, and who made each line of a text."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from psycopg.rows import class_row

from ...errors import NotInMemory
from ...ids import Workspace
from ...memory.files.asks import LogFiles
from ...memory.files.model import Commit, Line
from ...memory.files.path import folded
from .versions import HISTORY, parent_of, version
from .view import Connection, View, find

BLAMED_MAX = 500
"""Versions of a path that are looked through; older lines count as made by the first of them."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A commit that made a path what it is, and the hash of what it made it."""

    commit: Commit
    sha256: str | None


async def log(
    connection: Connection, workspace: Workspace, view: View, query: LogFiles
) -> list[Commit]:
    """Commits along first parents, newest first."""
    if view.commit is None:
        return []
    below = None
    if query.before is not None:
        below = (await version(connection, workspace, query.before)).commit
    values = {
        "workspace": workspace, "commit": view.commit, "below": below, "limit": query.limit,
        "folded": folded(query.path) if query.path else None,
    }  # fmt: skip
    cursor = connection.cursor(row_factory=class_row(Commit))
    await cursor.execute(_LOG if query.path is None else _LOG_OF_PATH, values)
    commits = await cursor.fetchall()
    if query.path is None:
        return commits
    return [
        commit
        for commit in commits
        if commit.restored is None or await _restores(connection, workspace, commit, query.path)
    ]


async def touches(
    connection: Connection, workspace: Workspace, view: View, path: str
) -> list[Touch]:
    """The commits that made a path what it is, oldest first. Raises `NotInMemory`."""
    asked = LogFiles(path=path, limit=BLAMED_MAX)
    found: list[Touch] = []
    for commit in await log(connection, workspace, view, asked):
        then = await version(connection, workspace, commit.id)
        row = (await find(connection, workspace, then, [folded(path)])).get(folded(path))
        found.append(Touch(commit, row.sha256 if row and row.path == path else None))
    if not found:
        raise NotInMemory(f"There is no file {path!r}.", remedy="List the folder to see its files.")
    return found[::-1]


def blame(texts: list[tuple[Commit, list[str]]]) -> list[Line]:
    """Lines of the last text, each with the commit that brought it.

    Args:
        texts: The versions of a text, oldest first, by their commits.
    """
    lines: list[Line] = []
    for commit, now in texts:
        was = [line.text for line in lines]
        kept: list[Line] = []
        for tag, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
            if tag == "equal":
                kept += lines[i:j]
            else:
                kept += [_line(text, commit) for text in now[k:m]]
        lines = kept
    return lines


def _line(text: str, commit: Commit) -> Line:
    return Line(
        text=text, commit=commit.id, at=commit.at, owner=commit.owner, run=commit.run,
        message=commit.message,
    )  # fmt: skip


async def _restores(
    connection: Connection, workspace: Workspace, commit: Commit, path: str
) -> bool:
    """Whether a restored version made another of this path."""
    now = await version(connection, workspace, commit.id)
    before = await parent_of(connection, workspace, now)
    key = folded(path)
    a, b = [(await find(connection, workspace, v, [key])).get(key) for v in (before, now)]
    return (a and (a.path, a.sha256)) != (b and (b.path, b.sha256))


_COMMIT = """
SELECT c.id AS number, encode(c.hash, 'hex') AS id, c.kind, c.branch, c.message, c.meta,
       c.changed, c.at, c.owner, c.caller, c.run, c.path, c.key,
       (SELECT encode(r.hash, 'hex') FROM pai.file_commit r
        WHERE r.workspace = c.workspace AND r.id = c.restored) AS restored,
       ARRAY(SELECT encode(p.hash, 'hex') FROM unnest(c.parents) WITH ORDINALITY AS u(id, n)
             JOIN pai.file_commit p ON p.workspace = c.workspace AND p.id = u.id
             ORDER BY u.n) AS parents
FROM pai.file_commit c
"""
_LOG = f"""
WITH RECURSIVE {HISTORY}
SELECT found.* FROM history h CROSS JOIN LATERAL (
    {_COMMIT}
    WHERE c.workspace = %(workspace)s AND c.line = h.line
      AND c.id <= least(h.upto, coalesce(%(below)s::bigint - 1, h.upto))
    ORDER BY c.id DESC LIMIT %(limit)s
) found ORDER BY found.number DESC LIMIT %(limit)s
"""
_LOG_OF_PATH = f"""
WITH RECURSIVE {HISTORY},
touched AS (
    SELECT f.from_commit AS id FROM history h JOIN pai.file f ON f.workspace = %(workspace)s
       AND f.line = h.line AND f.folded = %(folded)s AND f.from_commit <= h.upto
    UNION
    SELECT f.to_commit FROM history h JOIN pai.file f ON f.workspace = %(workspace)s
       AND f.line = h.line AND f.folded = %(folded)s AND f.to_commit <= h.upto
    UNION
    SELECT c.id FROM history h JOIN pai.file_commit c ON c.workspace = %(workspace)s
       AND c.line = h.line AND c.id <= h.upto AND c.joins AND c.kind = 'restore'
)
{_COMMIT}
JOIN touched t ON t.id = c.id
WHERE c.workspace = %(workspace)s AND c.id < coalesce(%(below)s::bigint, c.id + 1)
ORDER BY c.id DESC LIMIT %(limit)s
"""
