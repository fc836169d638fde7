"""Lets go of the values of old runs. What ran, when and for whom stays, and what it was by hash.

A run is marked first, in one short transaction that holds its row: from then on nobody goes on from
it. Its steps and events are emptied page by page after that, each page a statement of its own. So
whoever dies in the middle of a sweep leaves runs that are marked and not yet empty, which the next
one finds; and nothing is ever held for long.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from ..ids import RunId, Workspace
from .policy import Policy
from .pool import Pool
from .tombstone import digest, entombed, of_json, told_without

MARKED_AT_ONCE = 50
EVENTS_A_PAGE = 2_000
STEPS_A_PAGE = 200
"""Of which each may have a quarter of a megabyte in its row."""

_Connection = AsyncConnection[tuple[Any, ...]]
_Make = Callable[[str, datetime], str | None]
_Row = tuple[Any, ...]


@dataclass(slots=True)
class Expired:
    """What a sweep did."""

    runs: int = 0
    longest_s: float = 0.0
    """For how long rows were held at most."""

    def held(self, seconds: float) -> None:
        """Rows were held for so long."""
        self.longest_s = max(self.longest_s, seconds)


class Expiry:
    """Finds the runs whose values have been kept long enough, and lets those go."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, workspace: Workspace, policy: Policy, limit: int = 2_000) -> list[RunId]:
        """Runs whose values are to go, the oldest first."""
        key = {"workspace": workspace, "limit": limit, **asdict(policy)}
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_DUE, key)).fetchall()
        return [RunId(row[0]) for row in rows]

    async def expire(
        self, runs: Sequence[RunId], *, rest_s: float = 0.0, until: float | None = None
    ) -> Expired:
        """Let go of the values of some runs, and of those that an earlier sweep left half-way.

        Args:
            runs: Which ones; those that go on, are held, or are being replayed are passed over.
            rest_s: For how long to rest between two batches.
            until: By this moment of the monotonic clock, begin nothing more.
        """
        done = Expired()
        for first in range(0, len(runs), MARKED_AT_ONCE):
            if until is not None and time.monotonic() > until:
                break
            await self._mark(list(runs[first : first + MARKED_AT_ONCE]), done)
            await self._empty(done)
            await asyncio.sleep(rest_s)
        await self._empty(done)
        return done

    async def _mark(self, runs: list[RunId], done: Expired) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            begun = time.monotonic()
            held = await _ids(connection, _HOLD, runs)
            # A new snapshot, now that nobody can begin to replay one of these.
            wanted = set(await _ids(connection, _BEING_REPLAYED, held))
            going = [run for run in held if run not in wanted]
            at = datetime.now(UTC)
            for read, write, make in (
                (_ANSWERS, _SET_ANSWERS, _answer),
                (_SHOWN, _SET_SHOWN, _values),
                (_OVERRIDES, _SET_OVERRIDES, _value),
                (_INPUTS, _SET_INPUTS, _inputs),
                (_OUTPUTS, _SET_OUTPUTS, _values),
            ):
                rows = await (await connection.execute(read, (going,))).fetchall()
                await _write(connection, write, [(*row, at) for row in rows], make)
            await connection.execute(_MARK, (at, going))
        done.held(time.monotonic() - begun)

    async def _empty(self, done: Expired) -> None:
        """Empty the steps and events of all runs that are marked."""
        while True:
            async with self._pool.connection() as connection:
                runs = await _ids(connection, _MARKED, [])
            if not runs:
                return
            await self._pages(_STEPS, _SET_STEPS, _values, runs, ("", "", 0), STEPS_A_PAGE, done)
            await self._pages(
                _EVENTS, _SET_EVENTS, told_without, runs, ("", 0), EVENTS_A_PAGE, done
            )
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute(_LET_BLOBS_GO, (runs,))
                await connection.execute(_EMPTIED, (runs,))
            done.runs += len(runs)

    async def _pages(
        self,
        read: LiteralString,
        write: LiteralString,
        make: _Make,
        runs: list[RunId],
        place: _Row,
        page: int,
        done: Expired,
    ) -> None:
        while True:
            async with self._pool.connection() as connection:
                rows = await (await connection.execute(read, (runs, *place, page))).fetchall()
                done.held(await _write(connection, write, rows, make))
            if len(rows) < page:
                return
            place = rows[-1][: len(place)]


async def _ids(connection: _Connection, statement: LiteralString, runs: list[RunId]) -> list[RunId]:
    values = (runs,) if "%s" in statement else ()
    return [RunId(row[0]) for row in await (await connection.execute(statement, values)).fetchall()]


async def _write(
    connection: _Connection, statement: LiteralString, rows: list[_Row], make: _Make
) -> float:
    """Write rows again: their key, the text that they have, and when they expired.

    Returns how long the statement took.
    """
    rewritten = await asyncio.to_thread(_rewritten, rows, make)
    if not rewritten:
        return 0.0
    columns = [list(column) for column in zip(*rewritten, strict=True)]
    begun = time.monotonic()
    await connection.execute(statement, columns)
    return time.monotonic() - begun


def _rewritten(rows: list[_Row], make: _Make) -> list[_Row]:
    """Key, new text, hash of the old one; of those that change."""
    found: list[_Row] = []
    for *key, before, at in rows:
        after = make(before, at)
        if after is not None:
            found.append((*key, after, digest(before)))
    return found


def _values(text: str, at: datetime) -> str:
    return json.dumps(entombed(json.loads(text), at))


def _value(text: str, at: datetime) -> str:
    return json.dumps(entombed({"": json.loads(text)}, at)[""])


def _answer(text: str, at: datetime) -> str | None:
    """Who decided what stays; what somebody said or gave in words of their own goes."""
    answer = json.loads(text)
    kept = dict(answer)
    if "value" in answer:
        kept["value"] = of_json(answer["value"], at)
    for side in ("inputs", "outputs"):
        if side in answer:
            kept[side] = {name: of_json(value, at) for name, value in answer[side].items()}
    return json.dumps(kept) if kept != answer else None


def _inputs(text: str, at: datetime) -> str:
    """All inputs, as the references they are from now on."""
    given = json.loads(text)
    plain = {name: of_json(value, at) for name, value in given["inputs"].items()}
    return json.dumps(plain | entombed(given["refs"], at))


_DUE = """
SELECT id FROM (
    SELECT id, ended_at, CASE WHEN status = 'failed' THEN %(keep_failed_days)s::int
                              ELSE %(keep_days)s::int END AS days,
           row_number() OVER (PARTITION BY flow, replays IS NULL ORDER BY created_at DESC) AS place
    FROM pai.run WHERE workspace = %(workspace)s AND ended_at IS NOT NULL AND expired_at IS NULL
) AS ended
WHERE place > %(keep_last)s AND ended_at < now() - make_interval(days => days)
ORDER BY ended_at LIMIT %(limit)s
"""
_HOLD = """
SELECT id FROM pai.run
WHERE id = ANY(%s) AND ended_at IS NOT NULL AND expired_at IS NULL
ORDER BY id FOR UPDATE SKIP LOCKED
"""
_BEING_REPLAYED = """
SELECT replays FROM pai.run WHERE replays = ANY(%s) AND ended_at IS NULL
"""
_MARK = "UPDATE pai.run SET expired_at = %s WHERE id = ANY(%s)"
_MARKED = """
SELECT id FROM pai.run WHERE expired_at IS NOT NULL AND NOT is_emptied ORDER BY expired_at LIMIT 50
"""
_EMPTIED = "UPDATE pai.run SET is_emptied = true WHERE id = ANY(%s)"
_LET_BLOBS_GO = "DELETE FROM pai.blob_use WHERE run = ANY(%s)"
_STEPS = """
SELECT s.run, s.path, s.attempt, s.outputs::text, r.expired_at
FROM pai.step s JOIN pai.run r ON r.id = s.run
WHERE s.run = ANY(%s) AND (s.run, s.path, s.attempt) > (%s, %s, %s)
  AND s.outputs IS NOT NULL AND s.outputs_sha256 IS NULL
ORDER BY s.run, s.path, s.attempt LIMIT %s
"""
_SET_STEPS = """
UPDATE pai.step SET outputs = t.outputs::json, outputs_sha256 = t.hash
FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[], %s::bytea[])
     AS t(run, path, attempt, outputs, hash)
WHERE step.run = t.run AND step.path = t.path AND step.attempt = t.attempt
"""
_EVENTS = """
SELECT e.run, e.seq, e.body::text, r.expired_at FROM pai.event e JOIN pai.run r ON r.id = e.run
WHERE e.run = ANY(%s) AND (e.run, e.seq) > (%s, %s) AND e.body_sha256 IS NULL
ORDER BY e.run, e.seq LIMIT %s
"""
_SET_EVENTS = """
UPDATE pai.event SET body = t.body::json, body_sha256 = t.hash
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[]) AS t(run, seq, body, hash)
WHERE event.run = t.run AND event.seq = t.seq
"""
_ANSWERS = """
SELECT run, id, answer::text FROM pai.question WHERE run = ANY(%s) AND answer IS NOT NULL
"""
_SET_ANSWERS = """
UPDATE pai.question SET answer = t.answer::json
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) AS t(run, id, answer, hash)
WHERE question.run = t.run AND question.id = t.id
"""
_SHOWN = """
SELECT run, id, inputs::text FROM pai.question WHERE run = ANY(%s) AND inputs IS NOT NULL
"""
_SET_SHOWN = """
UPDATE pai.question SET inputs = t.inputs::json
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) AS t(run, id, inputs, hash)
WHERE question.run = t.run AND question.id = t.id
"""
_OVERRIDES = """
SELECT run, n, value::text FROM pai.override WHERE run = ANY(%s)
"""
_SET_OVERRIDES = """
UPDATE pai.override SET value = t.value::json
FROM unnest(%s::text[], %s::int[], %s::text[], %s::bytea[]) AS t(run, n, value, hash)
WHERE override.run = t.run AND override.n = t.n
"""
_INPUTS = """
SELECT id, json_build_object('inputs', inputs, 'refs', refs)::text FROM pai.run WHERE id = ANY(%s)
"""
_SET_INPUTS = """
UPDATE pai.run SET inputs = '{}', refs = t.refs::json, inputs_sha256 = t.hash
FROM unnest(%s::text[], %s::text[], %s::bytea[]) AS t(id, refs, hash) WHERE run.id = t.id
"""
_OUTPUTS = """
SELECT id, outputs::text FROM pai.run WHERE id = ANY(%s) AND outputs IS NOT NULL
"""
_SET_OUTPUTS = """
UPDATE pai.run SET outputs = t.outputs::json, outputs_sha256 = t.hash
FROM unnest(%s::text[], %s::text[], %s::bytea[]) AS t(id, outputs, hash) WHERE run.id = t.id
"""
