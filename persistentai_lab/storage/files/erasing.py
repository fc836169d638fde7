"""Erases what a file had in it from all versions, and lets a commit say that it was."""

from ...errors import NotInMemory
from ...flow.payload import Payload
from ...memory.author import Author
from ...memory.files.asks import EraseFile
from ...memory.files.model import ERASED
from ...memory.files.path import folded
from ...memory.layer import Receipt, Touch
from ..arrays import Bigs, Texts
from ..blobs import put_inside
from .committing import About, as_expected, begin_line, enter, lock
from .view import Connection

SHOWN = 100
"""Paths with the same content that are told."""


async def erase(connection: Connection, author: Author, command: EraseFile) -> Receipt:
    """Erase contents, and the salts of the commits that named them by their hashes.

    Raises:
        NotInMemory: No version has such a file with anything left in it.
    """
    where = {"workspace": author.workspace, "folded": folded(command.path), "path": command.path}
    # All branches stand still: nobody brings an older version of it back meanwhile.
    await connection.execute(_HOLD, where)
    tip = await lock(connection, author, command.branch, key=command.key)
    if tip.known is not None:
        return Receipt(command.branch, tip.known, again=True)
    as_expected(tip, command.expected)
    nothing = await put_inside(
        connection, author.workspace, Payload(b"", ERASED),
        owner=author.owner, caller=author.caller,
    )  # fmt: skip
    found = await connection.execute(_ERASE, {**where, "nothing": nothing, "erased": ERASED})
    rows = await found.fetchall()
    if not rows:
        raise NotInMemory(
            f"No version has a file {command.path!r} with anything in it.",
            remedy="Look at its log: it may have had another name, or be erased already.",
        )
    numbers = sorted({number for number, _, _ in rows})
    salts = await connection.execute(_UNSALT, {**where, "commits": Bigs(numbers)})
    commits = sorted(hashed for (hashed,) in await salts.fetchall())
    also = await _let_go(connection, author, {(sha256, kind) for _, sha256, kind in rows})
    said = {"path": command.path, "versions": len(rows), "commits": commits}
    if command.reason:
        said["reason"] = command.reason
    message = command.message or f"Erase {command.path}"
    about = About(message, {"erased": said}, command.key, "erase")  # type: ignore[dict-item]
    line = tip.line if tip.line is not None else await begin_line(connection, author, tip.view)
    _, digest = await enter(connection, author, tip, line, [], about)
    made = digest.hex()
    return Receipt(
        command.branch,
        made,
        result={"commit": made, "versions": len(rows), "also": also},  # type: ignore[dict-item]
        touched=(Touch(f"{command.branch}/{command.path}", "erased", "write"),),
    )


async def _let_go(
    connection: Connection, author: Author, contents: set[tuple[str, str]]
) -> list[str]:
    """Take bytes away that nobody else has. Returns paths that have the same."""
    shas, kinds = zip(*sorted(contents), strict=True)
    values = {
        "workspace": author.workspace, "hashes": Texts(shas), "kinds": Texts(kinds), "limit": SHOWN
    }  # fmt: skip
    found = await connection.execute(_ELSEWHERE, values)
    also = [path for (path,) in await found.fetchall()]
    await connection.execute(_DELETE, values)
    await connection.execute(_TO_GARBAGE, values)
    return also


_HOLD = """
SELECT FROM pai.file_branch WHERE workspace = %(workspace)s ORDER BY name FOR UPDATE
"""
_ERASE = """
WITH had AS (
    SELECT f.line, f.from_commit, f.sha256, f.media_type
    FROM pai.file_line l
    JOIN pai.file f ON f.workspace = l.workspace AND f.line = l.id AND f.folded = %(folded)s
    WHERE l.workspace = %(workspace)s AND f.path = %(path)s AND f.sha256 IS NOT NULL
      AND f.media_type <> %(erased)s
)
UPDATE pai.file f SET sha256 = %(nothing)s, media_type = %(erased)s, size = 0, meta = '{}'
FROM had WHERE f.workspace = %(workspace)s AND f.line = had.line AND f.folded = %(folded)s
           AND f.from_commit = had.from_commit
RETURNING f.from_commit, had.sha256, had.media_type
"""
_UNSALT = """
UPDATE pai.file_commit SET salt = NULL
WHERE workspace = %(workspace)s AND id = ANY(%(commits)s::bigint[])
RETURNING encode(hash, 'hex')
"""
_ELSEWHERE = """
SELECT DISTINCT path FROM pai.file
WHERE workspace = %(workspace)s AND sha256 = ANY(%(hashes)s::text[]) ORDER BY path LIMIT %(limit)s
"""
_UNUSED = """
FROM unnest(%(hashes)s::text[], %(kinds)s::text[]) AS t(sha256, media_type)
WHERE b.workspace = %(workspace)s AND b.sha256 = t.sha256 AND b.media_type = t.media_type
  AND NOT EXISTS (SELECT FROM pai.blob_use u WHERE u.workspace = b.workspace
                  AND u.sha256 = b.sha256 AND u.media_type = b.media_type)
  AND NOT EXISTS (SELECT FROM pai.file f WHERE f.workspace = b.workspace
                  AND f.sha256 = b.sha256 AND f.media_type = b.media_type)
"""
_DELETE = f"DELETE FROM pai.blob b {_UNUSED.replace('FROM', 'USING', 1)} AND b.data IS NOT NULL"
_TO_GARBAGE = f"UPDATE pai.blob b SET used_at = 'epoch' {_UNUSED} AND b.data IS NULL"
"""A large one lies in a file of its own: the next collection takes both away."""
