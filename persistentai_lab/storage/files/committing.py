"""Commits: in the transaction of whoever makes them, under the lock of their branch."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.errors import UniqueViolation

from ...errors import MemoryRefused, WriteConflict
from ...ids import Json
from ...memory import chain
from ...memory.author import Author
from ...memory.files.asks import CommitFiles, Delete, Move, TakeOver
from ...memory.files.model import MAIN
from ...memory.files.path import clash, folded, in_the_way
from ...memory.files.settle import (
    Settled,
    check_names,
    drop_what_is_so,
    keys_of,
    settle,
    shelves,
)
from ...memory.layer import Receipt, Touch
from ...memory.storable import storable
from ..arrays import Bigs, Texts
from .versions import Meant, look, no_branch, number, of_ref
from .view import EMPTY, LEVELS, Connection, Row, View, anything_below, below, find


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch, locked, with its newest version."""

    branch: str
    line: int | None
    view: View
    now: datetime
    others: tuple[View, ...] = ()
    """The versions that were asked for with it, as they are under the lock."""
    known: str | None = None
    """The commit that was made under the key already; then nothing else is looked up."""


@dataclass(frozen=True, slots=True)
class About:
    """What a commit says besides its changes."""

    message: str
    meta: dict[str, Json]
    key: str | None
    kind: str = "commit"
    also: tuple[View, ...] = ()
    """Its other parents."""
    restored: View | None = None


async def commit(connection: Connection, author: Author, command: CommitFiles) -> Receipt:
    """Make a commit."""
    tip = await lock(connection, author, command.branch, key=command.key)
    if tip.known is not None:
        return Receipt(command.branch, tip.known, again=True)
    as_expected(tip, command.expected)
    settled, there = await _settle(connection, author, tip.view, command)
    drop_what_is_so(settled, there)
    if not settled.keys:
        return Receipt(command.branch, tip.view.id, again=True)
    await check_place(connection, author, tip.view, settled, there)
    about = About(command.message, command.meta, command.key)
    made = await write(connection, author, tip, settled, about)
    return Receipt(command.branch, made, touched=written(command, made))


async def take_over(connection: Connection, author: Author, command: TakeOver) -> Receipt:
    """Enter a version that was made elsewhere."""
    others = [of_ref(ref) for ref in command.also]
    tip = await lock(connection, author, command.branch, *others, key=command.key)
    if tip.known is not None:
        return Receipt(command.branch, tip.known, again=True)
    as_expected(tip, command.expected)
    settled, there = await _settle(connection, author, tip.view, command)
    drop_what_is_so(settled, there)
    await check_place(connection, author, tip.view, settled, there)
    kind = "merge" if tip.others else "commit"
    about = About(command.message, command.meta, command.key, kind, also=tip.others)
    made = await write(connection, author, tip, settled, about)
    return Receipt(command.branch, made, touched=written(command, made))


def written(command: CommitFiles | TakeOver, made: str) -> tuple[Touch, ...]:
    """For history: each path by its content, and the branch by its commit."""
    touched = [Touch(command.branch, made, "write")]
    for change in command.changes:
        name = f"{command.branch}/{change.path}"
        touched.append(Touch(name, change.sha256 if change.do == "put" else "gone", "write"))
        if change.do == "move":
            touched.append(Touch(f"{command.branch}/{change.to}", None, "write"))
    return tuple(touched)


async def lock(
    connection: Connection, author: Author, branch: str, *others: Meant, key: str | None = None
) -> Tip:
    """Lock a branch: whoever has it makes the next commit. Raises `NotInMemory`.

    What it points to is looked up after it is locked: before, somebody could still move it.
    """
    where = (author.workspace, branch)
    row = await (await connection.execute(_LOCK, where)).fetchone()
    if row is None:
        if branch != MAIN:
            raise no_branch(branch)
        await connection.execute(_BEGIN, (*where, author.owner, author.caller))
        row = await (await connection.execute(_LOCK, where)).fetchone()
    assert row is not None
    line, head, now = row
    if (known := await _by_key(connection, author, key)) is not None:
        return Tip(branch, line, EMPTY, now, known=known)
    view, *rest = await look(connection, author.workspace, number(head), *others)
    return Tip(branch, line, view, now, tuple(rest))


async def _by_key(connection: Connection, author: Author, key: str | None) -> str | None:
    if key is None:
        return None
    row = await (await connection.execute(_BY_KEY, (author.workspace, key))).fetchone()
    return row[0] if row else None


def as_expected(tip: Tip, expected: str | None) -> None:
    """Refuse when the branch has another newest commit. Raises `WriteConflict`."""
    if expected is None or expected == (tip.view.id or ""):
        return
    newest = f"its newest commit is {tip.view.id[:12]}…" if tip.view.id else "it has no commit yet"
    raise WriteConflict(
        f"{tip.branch!r} has moved on meanwhile: {newest}.", remedy="Look at it, then try again."
    )


async def _settle(
    connection: Connection, author: Author, view: View, command: CommitFiles | TakeOver
) -> tuple[Settled, dict[str, Row]]:
    there = await find(connection, author.workspace, view, keys_of(command.changes))
    inside: dict[str, Sequence[Row]] = {}
    for change in command.changes:
        is_folder = isinstance(change, Move) or (isinstance(change, Delete) and change.recursive)
        if is_folder and folded(change.path) not in there:
            rows = await below(connection, author.workspace, view, f"{folded(change.path)}/")
            inside[change.path] = [row for row in rows if row.path.startswith(f"{change.path}/")]
            there |= {row.folded: row for row in rows}
    return settle(command.changes, there, inside), there


async def check_place(
    connection: Connection, author: Author, view: View, settled: Settled, there: dict[str, Row]
) -> None:
    """Refuse paths that clash with what is there. Raises `PathRefused`."""
    where, gone = author.workspace, list(settled.gone)
    fresh = [new for key, new in settled.puts.items() if key not in there or key in settled.gone]
    around = shelves(new.path for new in fresh)
    keys = {key[:-1] for key in around} | {folded(new.path) for new in fresh}
    there = {**await find(connection, where, view, sorted(keys)), **there}
    check_names(settled, there)
    beside = await anything_below(connection, where, view, list(around), besides=gone)
    for key, path in beside.items():
        if not path.startswith(around[key]):
            clash(around[key], path[: len(around[key])])
    files = {f"{folded(new.path)}/": new.path for new in fresh}
    for key, path in (
        await anything_below(connection, where, view, list(files), besides=gone)
    ).items():
        in_the_way(files[key], path)


async def write(
    connection: Connection, author: Author, tip: Tip, settled: Settled, about: About
) -> str:
    """Write a commit of what is settled, and move the branch on. Returns its id."""
    line = tip.line if tip.line is not None else await begin_line(connection, author, tip.view)
    entered, digest = await enter(connection, author, tip, line, settled.told, about)
    where = {"workspace": author.workspace, "line": line, "commit": entered}
    await connection.execute(_END, {**where, "keys": Texts(settled.keys)})
    if settled.puts:
        await _put(connection, author, line, entered, settled)
    if goners := [(k, path) for k, path in settled.gone.items() if k not in settled.puts]:
        keys, paths = zip(*goners, strict=True)
        await connection.execute(_BURY, {**where, "keys": Texts(keys), "paths": Texts(paths)})
    return digest.hex()


async def begin_line(connection: Connection, author: Author, base: View) -> int:
    """Begin a line from a version: from the newest of its lines that says anything."""
    values = {"workspace": author.workspace, **base.levels}
    row = await (await connection.execute(_LINE, values)).fetchone()
    assert row is not None
    return int(row[0])


async def enter(
    connection: Connection, author: Author, tip: Tip, line: int, told: list[Json], about: About
) -> tuple[int, bytes]:
    """Enter a commit into the chain, and have the branch point to it. Its number, and its hash."""
    meta, meta_text = storable(about.meta)
    storable(about.message)
    before_it = [view for view in (tip.view, *about.also) if view.hash is not None]
    parents = [view.commit for view in before_it]
    restored = about.restored.id if about.restored else None
    salt = secrets.token_bytes(chain.SALT_SIZE)
    key = about.key or await _key(connection, author)
    payload = payload_of(told, about.message, meta)
    digest = chain.payload_hash(salt, payload)
    facts = facts_of(author, tip.branch, about.kind, key, tip.now.astimezone(UTC), restored)
    hashed = chain.link(before([view.hash or b"" for view in before_it]), facts, digest)
    row = {
        "workspace": author.workspace, "line": line, "parents": Bigs(parents),
        "joins": len(parents) != 1 or line != tip.line, "hash": hashed, "kind": about.kind,
        "branch": tip.branch, "message": about.message, "meta": meta_text, "changed": len(told),
        "restored": about.restored and about.restored.commit, "key": key, "salt": salt,
        "payload_hash": digest, "at": tip.now, "owner": author.owner, "caller": author.caller,
        "run": author.run, "path": author.path,
    }  # fmt: skip
    try:
        found = await connection.execute(_COMMIT, row)
    except UniqueViolation:
        raise WriteConflict(
            f"Another branch is just being changed under the key {key!r}.", remedy="Try again."
        ) from None
    entered = await found.fetchone()
    assert entered is not None
    return int(entered[0]), hashed


def payload_of(told: list[Json], message: str, meta: Json) -> bytes:
    """What a commit's link holds a salted hash of."""
    return chain.canonical({"changes": told, "message": message, "meta": meta})


def facts_of(
    author: Author, branch: str, kind: str, key: str | None, at: datetime, restored: str | None
) -> list[str | None]:
    """What a commit's link says besides. The order never changes."""
    return [
        author.workspace, branch, kind, key, at.isoformat(), author.owner, author.caller,
        author.run, author.path, restored,
    ]  # fmt: skip


def before(parents: Sequence[bytes]) -> bytes:
    """What a commit's link follows."""
    if not parents:
        return chain.GENESIS
    return parents[0] if len(parents) == 1 else hashlib.sha256(b"".join(parents)).digest()


async def _key(connection: Connection, author: Author) -> str | None:
    """Of a step's commit: run, path, and which of its commits it is."""
    if author.run is None:
        return None
    found = await connection.execute(_COUNT, (author.workspace, author.run, author.path))
    row = await found.fetchone()
    assert row is not None
    return f"{author.run}/{author.path}/{row[0] + 1}"


async def _put(
    connection: Connection, author: Author, line: int, number: int, settled: Settled
) -> None:
    news = settled.puts.values()
    values = {
        "workspace": author.workspace, "line": line, "commit": number,
        "keys": Texts(settled.puts), "paths": Texts(new.path for new in news),
        "hashes": Texts(new.sha256 for new in news), "kinds": Texts(new.media_type for new in news),
        "metas": Texts(json.dumps(storable(new.meta)[0]) if new.meta else "{}" for new in news),
        "origins": Texts(new.came_from for new in news),
    }  # fmt: skip
    written = await connection.execute(_PUT, values)
    if written.rowcount != len(settled.puts):
        await _refuse_unkept(connection, author, settled)


async def _refuse_unkept(connection: Connection, author: Author, settled: Settled) -> None:
    found = await connection.execute(
        _KEPT, (author.workspace, Texts({new.sha256 for new in settled.puts.values()}))
    )
    kept = set(await found.fetchall())
    missing = [new for new in settled.puts.values() if (new.sha256, new.media_type) not in kept]
    named = ", ".join(f"{new.path!r} ({new.sha256[:12]}…, {new.media_type})" for new in missing[:3])
    raise MemoryRefused(
        f"The content of {named}{' and others' if len(missing) > 3 else ''} is not kept here.",
        remedy="Send the content first (`files.keep`), with the same media type.",
    )


_LOCK = """
SELECT line, head, date_trunc('milliseconds', clock_timestamp()) FROM pai.file_branch
WHERE workspace = %s AND name = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO pai.file_branch (workspace, name, owner, caller) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_BY_KEY = """
SELECT encode(hash, 'hex') FROM pai.file_commit WHERE workspace = %s AND key = %s
"""
_LINE = f"""
INSERT INTO pai.file_line (workspace, base_line, base_commit)
SELECT %(workspace)s, says.line, says.upto FROM (VALUES (true)) AS always(so) LEFT JOIN LATERAL (
    SELECT l.line, l.upto FROM {LEVELS} WHERE EXISTS (
        SELECT FROM pai.file f
        WHERE f.workspace = %(workspace)s AND f.line = l.line AND f.from_commit <= l.upto
    ) ORDER BY l.level DESC LIMIT 1
) says ON true
RETURNING id
"""
_COUNT = "SELECT count(*) FROM pai.file_commit WHERE workspace = %s AND run = %s AND path = %s"
_COMMIT = """
WITH made AS (
    INSERT INTO pai.file_commit (workspace, line, parents, joins, hash, kind, branch, message, meta,
                                 changed, restored, key, salt, payload_hash, at, owner, caller, run,
                                 path)
    VALUES (%(workspace)s, %(line)s, %(parents)s::bigint[], %(joins)s, %(hash)s, %(kind)s,
            %(branch)s, %(message)s, %(meta)s, %(changed)s, %(restored)s, %(key)s, %(salt)s,
            %(payload_hash)s, %(at)s, %(owner)s, %(caller)s, %(run)s, %(path)s)
    RETURNING id
)
UPDATE pai.file_branch SET line = %(line)s, head = made.id, updated_at = %(at)s
FROM made WHERE workspace = %(workspace)s AND name = %(branch)s RETURNING made.id
"""
_END = """
UPDATE pai.file SET to_commit = %(commit)s
WHERE workspace = %(workspace)s AND line = %(line)s AND folded = ANY(%(keys)s::text[])
  AND to_commit IS NULL
"""
_PUT = """
INSERT INTO pai.file (workspace, line, folded, from_commit, path, sha256, media_type, size, meta,
                      came_from)
SELECT %(workspace)s, %(line)s, n.folded, %(commit)s, n.path, n.sha256, n.media_type, b.size,
       n.meta::json, n.came_from
FROM unnest(%(keys)s::text[], %(paths)s::text[], %(hashes)s::text[], %(kinds)s::text[],
            %(metas)s::text[], %(origins)s::text[])
     AS n(folded, path, sha256, media_type, meta, came_from)
CROSS JOIN LATERAL (
    SELECT size FROM pai.blob WHERE workspace = %(workspace)s AND sha256 = n.sha256
       AND media_type = n.media_type LIMIT 1
) b
"""
"""Each content is looked up by itself: joined, all that the workspace keeps would be read."""
_BURY = """
INSERT INTO pai.file (workspace, line, folded, from_commit, path)
SELECT %(workspace)s, l.id, g.folded, %(commit)s, g.path
FROM pai.file_line l, unnest(%(keys)s::text[], %(paths)s::text[]) AS g(folded, path)
WHERE l.workspace = %(workspace)s AND l.id = %(line)s AND l.base_line IS NOT NULL
"""
_KEPT = "SELECT sha256, media_type FROM pai.blob WHERE workspace = %s AND sha256 = ANY(%s::text[])"
