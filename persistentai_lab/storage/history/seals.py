"""Seals of runs: the hash of all that is recorded of one, made when it has ended.

Not with each commit: then every step would pay for a proof that few ask for, and rows that are
still to change (a step that began and ends) would be in it twice. An ended run changes no more. It
is sealed within seconds, within half a minute where the worker has its hands full; whoever changes
its rows before that is not found out.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...errors import NotInMemory
from ...ids import Workspace
from ...memory.feed.links import micros
from ...memory.history import proof
from ...memory.history.model import Sealed
from ..pool import Pool, is_away
from .items import links
from .placing import place_values

EVERY_S = 5.0
LATEST_S = 30.0
"""How long sealing may wait for a moment in which nobody starts a run."""
AT_ONCE = 50
REST_S = 0.05

Connection = AsyncConnection[tuple[Any, ...]]
log = logging.getLogger(__name__)


class Seals:
    """Seals ended runs, of all workspaces."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._aside: set[str] = set()
        """Runs that could not be sealed."""

    async def look_after(self, is_busy: Callable[[], bool] = lambda: False) -> None:
        """Seal what has ended, for ever. What people wait for goes before, for a while."""
        caught_up = time.monotonic()
        while True:
            if is_busy() and time.monotonic() - caught_up < LATEST_S:
                await asyncio.sleep(1)
                continue
            rest_s = EVERY_S
            try:
                if await self.seal_some() == AT_ONCE:
                    rest_s = REST_S
                else:
                    caught_up = time.monotonic()
            except Exception as error:  # the next look will do what this one could not
                if not is_away(error):
                    log.exception("history: runs could not be sealed")
            await asyncio.sleep(rest_s)

    async def seal_some(self) -> int:
        """Seal the runs that ended first, as far as they can be; returns how many it looked at."""
        some = list(self._aside), AT_ONCE
        try:
            async with self._pool.connection() as connection, connection.transaction():
                held = await (await connection.execute(_HOLD_SOME, some)).fetchall()
                await _seal(connection, held)
            return len(held)
        except Exception as error:
            if is_away(error):
                raise
        return await self._one_by_one(some)

    async def _one_by_one(self, some: tuple[list[str], int]) -> int:
        """One that can't be sealed must not keep the others from it: it is set aside, and told."""
        async with self._pool.connection() as connection:
            runs = [run for run, *_ in await (await connection.execute(_SOME, some)).fetchall()]
        for run in runs:
            try:
                await self.seal(run)
            except Exception as error:
                if is_away(error):
                    raise
                self._aside.add(run)
                log.exception("history: run %s can't be sealed by this worker", run)
        return len(runs)

    async def seal(self, run: str) -> bool:
        """Seal a run. False when it goes on, or is sealed or held by another."""
        async with self._pool.connection() as connection, connection.transaction():
            held = await (await connection.execute(_HOLD, (run,))).fetchall()
            await _seal(connection, held)
        return bool(held)

    async def verify(self, workspace: Workspace, run: str) -> Sealed:
        """Whether what is recorded of a run is what was sealed. Raises `NotInMemory`."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = await (await connection.execute(_FIND, (workspace, run))).fetchone()
            if row is None:
                raise NotInMemory(f"There is no run {run!r}.", remedy="`history.runs` lists them.")
            n, seq, count, kept, hashed, at, before, head_seq = row
            upto = head_seq if n is None else seq
            root = (await _roots(connection, {run: (workspace, upto)}))[run]
            if n is not None and before is None:
                before = proof.seals_begin(workspace) if n == 1 else b""
        what = ""
        if n is not None:
            follows = proof.seal(before, n, run, count, at, kept) == hashed
            what = _wrong(root.hash == kept, root.items == count, follows)
        return Sealed(
            run=run,
            is_intact=not what,
            n=n,
            root=root.hash.hex(),
            hash=hashed.hex() if hashed else None,
            what=what,
        )

    async def seals(self, workspace: Workspace, runs: Sequence[str]) -> list[tuple[Any, ...]]:
        """The seals from the first of some runs' to the newest of the workspace."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SEALS, (workspace, workspace, list(runs)))
            return await cursor.fetchall()


def _wrong(is_same: bool, has_all: bool, seal_holds: bool) -> str:
    if not has_all:
        return "something was added or removed since it was sealed"
    if not is_same:
        return "something of it was changed since it was sealed"
    return "" if seal_holds else "its seal does not follow from the one before"


async def _seal(connection: Connection, held: Sequence[tuple[Any, ...]]) -> None:
    """Seal runs that are held: together, for most of what it takes is the same for one or many."""
    if not held:
        return
    roots = await _roots(connection, {run: (space, seq) for run, space, seq, _, _ in held})
    for workspace in sorted({workspace for _, workspace, *_ in held}):
        await connection.execute(_BEGIN, (workspace, proof.seals_begin(workspace)))
        head = await (await connection.execute(_LOCK, (workspace,))).fetchone()
        assert head is not None
        n, before, at = head
        seals: list[tuple[Any, ...]] = []
        for run, _, seq, owner, caller in (it for it in held if it[1] == workspace):
            n, root = n + 1, roots[run]
            before = proof.seal(before, n, run, root.items, at, root.hash)
            seals.append((run, n, seq, root.items, root.hash, before, owner, caller))
        columns = [list(column) for column in zip(*seals, strict=True)]
        await connection.execute(_SEAL, (workspace, at, *columns))
        await connection.execute(_HEAD, (n, before, workspace))
    runs = list(roots)
    await place_values(connection, runs)
    await connection.execute(_SEALED, (runs,))


async def _roots(
    connection: Connection, runs: Mapping[str, tuple[Workspace, int]]
) -> dict[str, proof.Root]:
    """The hashes of all that is recorded of runs, each of a workspace and up to an event."""
    roots = {run: proof.Root(proof.beginning(space, run)) for run, (space, _) in runs.items()}

    def follow(page: list[tuple[str, bytes]]) -> None:
        for run, said in page:
            roots[run].follow(said)

    async for page in links(connection, {run: seq for run, (_, seq) in runs.items()}):
        await asyncio.to_thread(follow, page)
    return roots


def told(row: tuple[Any, ...]) -> dict[str, Any]:
    """A seal, as files have it."""
    n, run, count, at, root, hashed, before = row
    assert isinstance(at, datetime)
    return {
        "n": n, "run": run, "items": count, "at": micros(at), "root": root.hex(),
        "hash": hashed.hex(), "before": before and before.hex(),
    }  # fmt: skip


_HELD = "SELECT id, workspace, seq, owner, caller FROM pai.run"
_HOLD = f"""
{_HELD} WHERE id = %s AND ended_at IS NOT NULL AND NOT is_sealed
FOR NO KEY UPDATE SKIP LOCKED
"""
_SOME = f"""
{_HELD} WHERE ended_at IS NOT NULL AND NOT is_sealed AND NOT id = ANY(%s)
ORDER BY ended_at LIMIT %s
"""
_HOLD_SOME = f"{_SOME} FOR NO KEY UPDATE SKIP LOCKED"
_BEGIN = "INSERT INTO pai.run_seal_head VALUES (%s, 0, %s) ON CONFLICT DO NOTHING"
_LOCK = """
SELECT n, hash, date_trunc('milliseconds', clock_timestamp()) FROM pai.run_seal_head
WHERE workspace = %s FOR UPDATE
"""
_SEAL = """
INSERT INTO pai.run_seal (workspace, sealed_at, run, n, seq, items, root, hash, owner, caller)
SELECT %s, %s, * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[],
                             %s::bytea[], %s::text[], %s::text[])
"""
_HEAD = "UPDATE pai.run_seal_head SET n = %s, hash = %s WHERE workspace = %s"
_SEALED = "UPDATE pai.run SET is_sealed = true WHERE id = ANY(%s)"
_FIND = """
SELECT s.n, s.seq, s.items, s.root, s.hash, s.sealed_at,
       (SELECT b.hash FROM pai.run_seal b WHERE b.workspace = s.workspace AND b.n = s.n - 1), r.seq
FROM pai.run r LEFT JOIN pai.run_seal s ON s.run = r.id WHERE r.workspace = %s AND r.id = %s
"""
_SEALS = """
SELECT s.n, s.run, s.items, s.sealed_at, s.root, s.hash,
       (SELECT b.hash FROM pai.run_seal b WHERE b.workspace = s.workspace AND b.n = s.n - 1)
FROM pai.run_seal s WHERE s.workspace = %s
  AND s.n >= (SELECT min(n) FROM pai.run_seal WHERE workspace = %s AND run = ANY(%s)) ORDER BY s.n
"""
