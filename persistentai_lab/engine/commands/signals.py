"""Signals on their way to the runs that wait for them.

Emitting commits a signal, waiting commits a row; each then looks for the other. Whoever commits
last finds both, under a lock of the name, which also keeps their order: a new signal looks at all
who wait, a new wait at all signals that are kept. What a crash leaves in between stays marked as
not offered, and is found by the look that workers have each second; a leg that is taken over looks
again.

A run is given a signal once: those emitted since the run was created, and those before that no run
has taken. Without a taker, a signal is kept until it expires.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ...errors import LabError
from ...events import model as events
from ...ids import Json, RunId, Workspace
from ...security.identity import Identity
from ..legs import LegQueue
from ..records.facts import DEPTH_MAX, facts_of, is_deep
from .append import append, execute
from .transact import transact
from .waking import wake

AT_ONCE = 200
SIGNALS_LOCK = 0x70616905
"""First key of the locks of names."""
NAME_MAX = 200
VALUE_MAX = 256 * 1024
KEEP_S = 7 * 86_400.0
KEEP_MAX_S = 366 * 86_400.0


class SignalInvalid(LabError):
    """This can be no signal."""

    code = "signal_invalid"
    http_status = 422


class Signals:
    """Takes signals, and gives them to whoever waits."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._queue = LegQueue()
        self.new = asyncio.Event()
        """Set when there may be signals that were not offered yet."""

    async def emit(
        self,
        name: str,
        value: Json,
        by: Identity,
        *,
        key: str | None = None,
        keep_s: float = KEEP_S,
    ) -> int:
        """Emit a signal from outside of any flow. Returns its number.

        Args:
            name: What it is called.
            value: What it carries.
            by: Who emits it.
            key: With the same key twice, it is one signal.
            keep_s: For how long it is kept for a run to come.

        Raises:
            SignalInvalid: It has no name, or carries too much.
        """
        text = _insist(name, value, keep_s)
        row = {
            "workspace": by.workspace,
            "name": name,
            "value": text,
            "facts": facts_of(text),
            "key": key,
            "keep_s": keep_s,
            "by": by.user,
        }
        number = await asyncio.to_thread(transact, self._engine, lambda c: _emit(c, row))
        await self.offer(by.workspace, name)
        return number

    async def look(self, workspace: Workspace, name: str, run: RunId, wait: str) -> None:
        """Give one that begins to wait what is there. Afterwards new signals find it."""
        await asyncio.to_thread(
            transact, self._engine, lambda c: _look(self._queue, c, workspace, name, run, wait)
        )

    async def offer(self, workspace: Workspace, name: str) -> None:
        """Give the new signals of a name to whoever waits for them."""
        while await asyncio.to_thread(
            transact, self._engine, lambda c: _offer(self._queue, c, workspace, name)
        ):
            pass

    async def offer_new(self) -> None:
        """Give everything that was not offered yet."""
        while names := await asyncio.to_thread(transact, self._engine, _new):
            for workspace, name in names:
                await self.offer(workspace, name)

    async def forget_expired(self) -> None:
        """Let go of signals whose time is over, and of waits of runs that have ended."""
        while await asyncio.to_thread(transact, self._engine, _forget):
            pass


def _insist(name: str, value: Json, keep_s: float) -> str:
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise SignalInvalid(
            f"{name[:50]!r} is no name for a signal.",
            remedy=f"Use 1 to {NAME_MAX} printable characters.",
        )
    if not 0 < keep_s <= KEEP_MAX_S:
        raise SignalInvalid("It cannot be kept that long.", remedy="Say up to a year, in seconds.")
    try:
        text = json.dumps(value, allow_nan=False)
        json.dumps(value, ensure_ascii=False).encode()  # half of a character travels nowhere
    except (ValueError, RecursionError) as error:
        raise SignalInvalid(
            f"A signal carries JSON: {error}.", remedy="Use null instead."
        ) from None
    if is_deep(value):
        raise SignalInvalid(
            f"Its value has more than {DEPTH_MAX} levels.", remedy="Emit a flatter one."
        )
    if len(text) > VALUE_MAX:
        raise SignalInvalid(
            f"A signal carries {VALUE_MAX // 1024} KiB at most.",
            remedy="Emit what names it, such as a path or an id.",
        )
    return text


def _emit(connection: sa.Connection, row: dict[str, Any]) -> int:
    number: int | None = execute(connection, _EMIT, row).scalar_one_or_none()
    if number is None:
        number = execute(connection, _SAME, row).scalar_one()
    return number


def _new(connection: sa.Connection) -> list[tuple[Workspace, str]]:
    return [(it[0], it[1]) for it in execute(connection, _NEW, {}).fetchall()]


def _forget(connection: sa.Connection) -> bool:
    execute(connection, _MOOT, {})
    forgotten: int = execute(connection, _FORGET, {"at_once": AT_ONCE}).rowcount
    return forgotten == AT_ONCE


def _offer(queue: LegQueue, connection: sa.Connection, workspace: Workspace, name: str) -> bool:
    """Give new signals of a name, in their order. True when there may be more to do."""
    key = {"workspace": workspace, "topic": name, "lock": SIGNALS_LOCK}
    execute(connection, _LOCK, key)
    fresh = [it[0] for it in execute(connection, _FRESH, {**key, "at_once": AT_ONCE}).fetchall()]
    offered: list[int] = []
    for number in fresh:
        found = execute(connection, _WHO_WAITS, {"n": number, "at_once": AT_ONCE})
        pairs = found.mappings().fetchall()
        _give_all(queue, connection, name, pairs)
        if len(pairs) == AT_ONCE:
            break
        offered.append(number)
    execute(connection, _OFFERED, {"fresh": offered})
    return len(offered) < len(fresh) or len(fresh) == AT_ONCE


def _look(
    queue: LegQueue, connection: sa.Connection, workspace: Workspace, name: str, run: str, wait: str
) -> None:
    """Give one that begins to wait the first of the signals that are kept."""
    key = {"workspace": workspace, "topic": name, "lock": SIGNALS_LOCK}
    execute(connection, _LOCK, key)
    found = execute(connection, _WHAT_IS_THERE, {"run": run, "wait": wait})
    _give_all(queue, connection, name, found.mappings().fetchall())


def _give_all(
    queue: LegQueue, connection: sa.Connection, name: str, pairs: Sequence[Mapping[str, Any]]
) -> None:
    runs: set[str] = set()
    for pair in pairs:
        if pair["run"] in runs or (pair["is_older"] and runs):
            continue  # a run is given it once; of those that came later, only the first
        runs.add(pair["run"])
        _give(connection, name, pair)
        wake(queue, connection, pair["run"], pair["status"], pair["leg"])


def _give(connection: sa.Connection, name: str, pair: Mapping[str, Any]) -> None:
    run, number = pair["run"], pair["n"]
    signal: dict[str, Json] = {"signal": name, "number": number, "run": pair["emitter"]}
    answer: dict[str, Json] = {"signal": signal, "value": json.loads(pair["value"])}
    if pair["kind"] == "gate":
        answer = {"choice": "open", "signal": signal}
        fact = events.HumanAnswered(question=pair["id"], answer="open", by=f"signal {name}")
        where = {"paths": [pair["path"]], "nodes": [pair["node"]], "attempt": pair["attempt"]}
        append(connection, run, [fact], **where)
    row = {"run": run, "question": pair["id"], "answer": json.dumps(answer), "signal": number}
    execute(connection, _ANSWER, row)
    execute(connection, _GIVEN, row)


_EMIT = """
INSERT INTO pai.signal (workspace, name, value, facts, key, expires_at, owner, caller)
VALUES (%(workspace)s, %(name)s, %(value)s, %(facts)s, %(key)s,
        now() + %(keep_s)s * interval '1 second', %(by)s, %(by)s)
ON CONFLICT (workspace, key) WHERE key IS NOT NULL DO NOTHING RETURNING n
"""
_SAME = "SELECT n FROM pai.signal WHERE workspace = %(workspace)s AND key = %(key)s"
_NEW = """
SELECT workspace, name FROM pai.signal WHERE NOT is_offered
GROUP BY workspace, name ORDER BY min(n) LIMIT 100
"""
_LOCK = """
SELECT pg_advisory_xact_lock(%(lock)s, hashtext(%(workspace)s || E'\\x1f' || %(topic)s))
"""
_FRESH = """
SELECT n FROM pai.signal
WHERE workspace = %(workspace)s AND name = %(topic)s AND NOT is_offered
ORDER BY n LIMIT %(at_once)s
"""
_PAIR = """
SELECT q.run, q.id, q.path, q.node, q.attempt, q.kind, r.status, r.leg, s.n, s.value::text,
       s.run AS emitter, s.at < r.created_at AS is_older
FROM pai.signal s
JOIN pai.question q ON q.workspace = s.workspace AND q.topic = s.name AND q.answer IS NULL
                   AND (q.match IS NULL OR s.facts @> q.match)
JOIN pai.run r ON r.id = q.run
WHERE s.expires_at > now() AND r.status IN ('queued', 'running', 'waiting', 'paused')
  AND (s.at >= r.created_at OR NOT s.is_taken)
  AND NOT EXISTS (SELECT FROM pai.signal_given g WHERE g.run = q.run AND g.signal = s.n)
"""
# Who has an earlier one to come is about to look for it, and finds this one when it waits again.
_WHO_WAITS = f"""
{_PAIR} AND s.n = %(n)s AND NOT EXISTS (
    SELECT FROM pai.signal e
    WHERE e.workspace = s.workspace AND e.name = s.name AND e.n < s.n AND e.expires_at > now()
      AND (q.match IS NULL OR e.facts @> q.match) AND (e.at >= r.created_at OR NOT e.is_taken)
      AND NOT EXISTS (SELECT FROM pai.signal_given g WHERE g.run = q.run AND g.signal = e.n)
)
ORDER BY q.asked_at LIMIT %(at_once)s FOR UPDATE OF r, q
"""
_WHAT_IS_THERE = f"""
{_PAIR} AND q.run = %(run)s AND q.id = %(wait)s ORDER BY s.n LIMIT 1 FOR UPDATE OF r, q
"""
_ANSWER = """
UPDATE pai.question SET answer = %(answer)s, answered_at = clock_timestamp()
WHERE run = %(run)s AND id = %(question)s
"""
_GIVEN = """
WITH taken AS (UPDATE pai.signal SET is_taken = true WHERE n = %(signal)s AND NOT is_taken)
INSERT INTO pai.signal_given (run, signal) VALUES (%(run)s, %(signal)s)
"""
_OFFERED = "UPDATE pai.signal SET is_offered = true WHERE n = ANY(%(fresh)s)"
_MOOT = """
UPDATE pai.question q SET topic = NULL FROM pai.run r
WHERE r.id = q.run AND q.topic IS NOT NULL AND q.answer IS NULL
  AND r.status IN ('completed', 'failed', 'cancelled')
"""
_FORGET = """
DELETE FROM pai.signal WHERE n IN (
    SELECT n FROM pai.signal WHERE expires_at <= now() LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
)
"""
