"""Which version is meant by a branch, a tag, a commit, a moment: as many as asked, in one look."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import MemoryRefused, NotInMemory
from ...ids import Workspace
from ...memory.files.model import MAIN
from ..arrays import Bigs, Texts
from .view import EMPTY, Connection, View


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody names: by number, or as a branch, or (when there is none) as tag or commit."""

    commit: int | None = None
    branch: str | None = None
    name: str | None = None
    moment: datetime | None = None
    """Of the branch."""


def number(commit: int | None) -> Meant:
    """The version that a commit made; none is the empty one."""
    return Meant(commit=commit)


def of_branch(branch: str, at: str | None) -> Meant:
    """A branch as it is, or as it was at a moment; else the version that `at` names."""
    if at is None:
        return Meant(branch=branch)
    return Meant(branch=branch, moment=moment(at)) if _MOMENT.match(at) else Meant(name=at)


def of_ref(ref: str) -> Meant:
    """A branch, a tag, a commit, or `branch@moment`."""
    branch, _, at = ref.partition("@")
    if at:
        return of_branch(branch, at)
    return Meant(branch=ref, name=None if ref == MAIN else ref)


async def look(connection: Connection, workspace: Workspace, *asked: Meant) -> list[View]:
    """The versions that are meant. Raises `NotInMemory`."""
    spans = [_span(each.name) for each in asked]
    values = {
        "workspace": workspace, "commits": Bigs(each.commit for each in asked),
        "branches": Texts(each.branch for each in asked),
        "names": Texts(each.name for each in asked),
        "lows": Texts(low for low, _ in spans), "highs": Texts(high for _, high in spans),
    }  # fmt: skip
    rows = await (await connection.execute(_LOOK, values)).fetchall()
    found = []
    for meant, (is_branch, alike, commit, hash_, lines, uptos) in zip(asked, rows, strict=True):
        _check(meant, is_branch, alike, commit)
        view = EMPTY if commit is None else View(commit, hash_, tuple(lines), tuple(uptos))
        if meant.moment is not None and commit is not None:
            view = await _then(connection, workspace, commit, meant.moment)
        found.append(view)
    return found


async def resolve(
    connection: Connection, workspace: Workspace, branch: str, at: str | None
) -> View:
    """The version that is meant. Raises `NotInMemory`."""
    return (await look(connection, workspace, of_branch(branch, at)))[0]


async def version(connection: Connection, workspace: Workspace, ref: str) -> View:
    """The version that is meant by a branch, a tag, a commit, or `branch@moment`."""
    return (await look(connection, workspace, of_ref(ref)))[0]


async def two(
    connection: Connection, workspace: Workspace, a: str | None, b: str
) -> tuple[View, View]:
    """Two versions to be compared; without `a`, the one before `b`."""
    if a is not None:
        one, other = await look(connection, workspace, of_ref(a), of_ref(b))
        return one, other
    other = await version(connection, workspace, b)
    return await parent_of(connection, workspace, other), other


async def parent_of(connection: Connection, workspace: Workspace, view: View) -> View:
    """The version before, along first parents."""
    found = await connection.execute(_PARENT, (workspace, view.commit))
    row = await found.fetchone()
    return await view_of(connection, workspace, row[0] if row else None)


async def view_of(connection: Connection, workspace: Workspace, commit: int | None) -> View:
    """The version that a commit made."""
    if commit is None:
        return EMPTY
    return (await look(connection, workspace, number(commit)))[0]


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


def _check(meant: Meant, is_branch: bool, alike: int, commit: int | None) -> None:
    if commit is not None or is_branch or meant.branch == MAIN or meant == Meant():
        return
    if meant.name is None:
        raise no_branch(str(meant.branch))
    if alike:
        raise MemoryRefused(
            f"More than one commit begins with {meant.name}.", remedy="Write more of its id."
        )
    raise NotInMemory(
        f"There is no version {meant.name!r}.",
        remedy="Name a branch, a tag, a commit (8 to 64 digits), or a moment "
        "(`2026-11-30T09:30:00Z`).",
    )


def _span(name: str | None) -> tuple[str | None, str | None]:
    """The hashes that begin with these digits."""
    if name is None or not _HASH.fullmatch(name):
        return None, None
    return name.ljust(64, "0"), name.ljust(64, "f")


async def _then(connection: Connection, workspace: Workspace, head: int, time: datetime) -> View:
    values = {"workspace": workspace, "commit": head, "moment": time}
    row = await (await connection.execute(_THEN, values)).fetchone()
    return await view_of(connection, workspace, row[0] if row else None)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_PARENT = "SELECT parents[1] FROM pai.file_commit WHERE workspace = %s AND id = %s"
_LOOK = """
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT r.n, b.name IS NOT NULL AS is_branch, h.alike, CASE
        WHEN r.commit IS NOT NULL THEN r.commit WHEN b.name IS NOT NULL THEN b.head
        WHEN t.name IS NOT NULL THEN t.commit WHEN h.alike = 1 THEN h.id END AS commit
    FROM unnest(%(commits)s::bigint[], %(branches)s::text[], %(names)s::text[],
                %(lows)s::text[], %(highs)s::text[])
        WITH ORDINALITY AS r(commit, branch, name, low, high, n)
    LEFT JOIN pai.file_branch b ON b.workspace = %(workspace)s AND b.name = r.branch
    LEFT JOIN pai.file_tag t ON t.workspace = %(workspace)s AND t.name = r.name
    CROSS JOIN LATERAL (
        SELECT count(*) AS alike, min(c.id) AS id FROM (
            SELECT id FROM pai.file_commit
            WHERE workspace = %(workspace)s
              AND hash BETWEEN decode(r.low, 'hex') AND decode(r.high, 'hex') LIMIT 2
        ) c
    ) h
), up AS (
    SELECT a.n, 0 AS depth, l.id AS line, c.id AS upto, l.base_line, l.base_commit, c.hash
    FROM asked a
    JOIN pai.file_commit c ON c.workspace = %(workspace)s AND c.id = a.commit
    JOIN pai.file_line l ON l.workspace = %(workspace)s AND l.id = c.line
    UNION ALL
    SELECT up.n, up.depth + 1, l.id, up.base_commit, l.base_line, l.base_commit, NULL
    FROM up JOIN pai.file_line l ON l.workspace = %(workspace)s AND l.id = up.base_line
)
SELECT a.is_branch, a.alike, a.commit, (array_agg(up.hash ORDER BY up.depth))[1],
       array_agg(up.line ORDER BY up.depth DESC), array_agg(up.upto ORDER BY up.depth DESC)
FROM asked a LEFT JOIN up USING (n)
GROUP BY a.n, a.is_branch, a.alike, a.commit ORDER BY a.n
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
