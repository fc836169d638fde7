"""What people may ask for: start, cancel, answer. Each command and its events are one transaction.

Locks are taken in one order: DBOS's status row, the run, then the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError

from ...errors import Conflict, NodeNotFound, Problem, RunNotFound
from ...events import model as events
from ...flow.check import check
from ...flow.edit import with_values
from ...flow.model import FlowSpec
from ...flow.signature import Signature
from ...ids import Json, RunId
from ...security.identity import Identity
from ...storage.hints import CANCELS
from ..legs import LegQueue
from ..steps.doubt import IN_DOUBT
from ..steps.step import final
from .answering import UNFINISHED, Reply, answer
from .append import append, execute
from .breakpoints import Halts
from .expiring import Expired, expire
from .hinting import note
from .needs import tell_needs
from .onward import next_leg
from .pinned import Asked, Module, Refs, pin
from .priority import priority_of
from .replaying import insert_replay
from .reuse import read_past
from .starting import Started, insert_run, keep_code
from .transact import Unstorable, transact
from .versions import Versions

T = TypeVar("T")

NO_REFS: Refs = {}


def _without(some: Mapping[str, T], others: Mapping[str, object]) -> dict[str, T]:
    return {name: value for name, value in some.items() if name not in others}


async def _kept(asked: Awaitable[Started]) -> Started:
    try:
        return await asked
    except (UnicodeEncodeError, PydanticSerializationError) as error:
        raise Unstorable("half of a character, a lone surrogate") from error


def _signatures(modules: tuple[Module, ...]) -> dict[str, Signature]:
    return {signature.block: signature for module in modules for signature in module.signatures}


class Commands:
    """Carries commands out. Synchronous inside (DBOS enqueues so), asked from a loop."""

    def __init__(self, engine: sa.Engine, builtin: Mapping[str, Signature]) -> None:
        self._engine = engine
        self._queue = LegQueue()
        self._versions = Versions(builtin)

    def problems(self, flow: FlowSpec, modules: tuple[Module, ...]) -> list[Problem]:
        """Everything that is wrong with a flow."""
        return check(flow, self._versions.catalogue(_signatures(modules)))

    async def start(
        self,
        flow: FlowSpec,
        inputs: dict[str, Json],
        modules: tuple[Module, ...],
        by: Identity,
        *,
        refs: Refs = NO_REFS,
        key: str | None = None,
        reuse: RunId | None = None,
        anew: tuple[str, ...] = (),
        breakpoints: Mapping[str, str | None] | None = None,
        paused: bool = False,
        priority: str | int | None = None,
    ) -> Started:
        """Check, compile, pin and queue a run. With the same `key`, it is the same run.

        Args:
            flow: What to run.
            inputs: On what, as far as it is JSON.
            refs: The inputs that are none; their bytes are kept already.
            modules: The caller's own code that it uses.
            by: Who asks.
            key: The caller's name for this wish.
            reuse: A run whose records are taken over as far as nothing they depend on changed.
            anew: Nodes that run in any case.
            breakpoints: Nodes before which it pauses, each with a condition or None.
            paused: Whether it waits to be resumed or stepped, instead of going on.
            priority: How urgent, among the runs of the workspace: high, normal, low, or 1 to 1000.

        Raises:
            ConditionInvalid: A breakpoint's condition says what conditions cannot say.
            FlowInvalid: With every problem of flow and inputs.
            KeyReused: The key belongs to a run of something else.
            PriorityInvalid: The priority is none.
            RunNotFound: There is no run to reuse.
            Unavailable: The database is away; nothing was started.
        """
        halts = Halts(breakpoints or {}, paused)
        turn = priority_of(priority)
        start = partial(self._start, flow, inputs, refs, modules, by, key, reuse, anew, halts, turn)
        return await _kept(asyncio.to_thread(start))

    async def fork(
        self,
        run: RunId,
        by: Identity,
        *,
        at: str | None = None,
        values: Mapping[str, Mapping[str, Json]] | None = None,
        inputs: Mapping[str, Json] | None = None,
        refs: Refs = NO_REFS,
        key: str | None = None,
    ) -> Started:
        """Start a run like another, with other literals or inputs.

        What is not downstream of a change, or of the node `at`, is taken over from the other run's
        records: its bodies are not run.

        Args:
            run: The other run.
            by: Who asks.
            at: A node that runs in any case, with all that is downstream of it.
            values: Other literals, by node and port.
            inputs: Other inputs of the flow, by name.
            refs: The same for inputs that are no JSON.
            key: The caller's name for this wish.

        Raises:
            FlowInvalid: A literal or an input does not fit; names node and port.
            NodeNotFound: There is no node `at`.
            RunNotFound: There is no such run.
        """
        fork = partial(self._fork, run, by, at, values or {}, inputs or {}, refs, key)
        return await _kept(asyncio.to_thread(fork))

    async def replay(self, run: RunId, by: Identity, *, key: str | None = None) -> Started:
        """Start a run that computes another one again, to compare. Touches nothing outside.

        Raises:
            RunNotFound: There is no such run.
            Conflict: It is a replay itself.
        """
        return await asyncio.to_thread(
            self._insist, lambda connection: insert_replay(self._queue, connection, run, by, key)
        )

    async def cancel(self, run: RunId, by: Identity, reason: str = "") -> None:
        """Stop a run. A run that has ended stays as it is (`Conflict`)."""
        await asyncio.to_thread(
            self._insist, lambda connection: self._cancel(connection, run, by, reason)
        )

    async def answer(self, run: RunId, question: str, reply: Reply, by: Identity) -> None:
        """Answer a question. Of two answers one wins, the other gets `AnsweredAlready`.

        Raises:
            LabError: It can't be answered (so), see `answering.answer`.
        """
        await asyncio.to_thread(
            self._insist, lambda c: answer(self._queue, c, run, question, reply, by)
        )

    async def expire(self) -> Expired:
        """Give what is due the answer that stands for nobody's."""
        return await asyncio.to_thread(self._insist, lambda c: expire(self._queue, c))

    async def tell_needs(self) -> None:
        """Tell of runs whose legs wait because no living worker has what they are pinned to."""
        await asyncio.to_thread(self._insist, tell_needs)

    async def requeue_lost(self, *, grace_s: float) -> list[RunId]:
        """Queue a new leg for runs whose leg DBOS has no longer (the outbox sweep)."""
        return await asyncio.to_thread(self._insist, lambda c: self._requeue_lost(c, grace_s))

    def _start(
        self,
        flow: FlowSpec,
        inputs: dict[str, Json],
        refs: Refs,
        modules: tuple[Module, ...],
        by: Identity,
        key: str | None,
        reuse: RunId | None,
        anew: tuple[str, ...],
        halts: Halts,
        priority: int,
    ) -> Started:
        version = self._versions.pin(flow, inputs, refs, _signatures(modules))
        code = {module.name: module.sha256 for module in modules}
        given = _without(version.defaults | inputs, refs)
        asked = Asked(by, key, version, code, given, refs, reuse, anew, priority)

        def insert(connection: sa.Connection) -> Started:
            keep_code(connection, modules, asked.who)
            started = insert_run(self._queue, connection, asked)
            return halts.put_up(self._queue, connection, started, by)

        return self._insist(insert)

    def _fork(
        self,
        run: RunId,
        by: Identity,
        at: str | None,
        values: Mapping[str, Mapping[str, Json]],
        inputs: Mapping[str, Json],
        refs: Refs,
        key: str | None,
    ) -> Started:
        def insert(connection: sa.Connection) -> Started:
            past = read_past(connection, run, by.workspace)
            spec = with_values(past.spec, values)
            if at is not None and spec.node(at) is None:
                raise NodeNotFound(
                    f"Run {run} has no node {at!r}.",
                    remedy=f"It has {', '.join(node.id for node in spec.nodes)}.",
                )
            given = _without({**past.inputs, **inputs}, refs)
            kept = {**_without(past.refs, inputs), **refs}
            version = pin(spec, given, kept, past.catalogue, is_expanded=True)
            anew = () if at is None else (at,)
            asked = Asked(by, key, version, past.code, given, kept, run, anew)
            return insert_run(self._queue, connection, asked)

        return self._insist(insert)

    def _cancel(self, connection: sa.Connection, run: RunId, by: Identity, reason: str) -> None:
        key = {"run": run, "workspace": by.workspace}
        while True:
            state = execute(connection, _STATE, key).one_or_none()
            if state is None:
                raise RunNotFound(run)
            status, leg = state
            if status not in UNFINISHED:
                raise Conflict(
                    f"Run {run} has ended already.", remedy="There is nothing left to cancel."
                )
            self._queue.cancel(connection, run, leg)
            if execute(connection, _CANCEL, {"run": run, "leg": leg}).rowcount:
                break  # else it ended, or went on to another leg, while we waited for the row
        execute(connection, _CLOSE, {"run": run})
        cut_off = {"run": run, "error": final(IN_DOUBT)}
        for path, node, attempt, is_write in execute(connection, _CUT_OFF, cut_off).fetchall():
            if is_write:
                fact = events.NodeFailed(duration_s=0.0, error=IN_DOUBT)
                append(connection, run, [fact], paths=[path], nodes=[node], attempt=attempt)
        append(connection, run, [events.RunCancelled(by=by.user, reason=reason)])
        note(connection, CANCELS, run)

    def _requeue_lost(self, connection: sa.Connection, grace_s: float) -> list[RunId]:
        lost = execute(connection, _LOST, {"grace_s": grace_s}).fetchall()
        for run, leg in lost:
            next_leg(self._queue, connection, run, leg)
        return [RunId(run) for run, _ in lost]

    def _insist(self, work: Callable[[sa.Connection], T]) -> T:
        return transact(self._engine, work)


_STATE = """
SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s
"""
_CANCEL = """
UPDATE pai.run SET status = 'cancelled', ended_at = now()
WHERE id = %(run)s AND leg = %(leg)s AND status IN ('queued', 'running', 'waiting', 'paused')
"""
_CLOSE = """
UPDATE pai.question SET answered_at = clock_timestamp(), due = NULL, topic = NULL,
    answer = '{"choice": "moot", "closed": {"cause": "", "why": "cancelled", "winner": null}}'
WHERE run = %(run)s AND answer IS NULL
"""
_CUT_OFF = """
UPDATE pai.step SET ended_at = now(),
    status = CASE effect WHEN 'write' THEN 'failed' ELSE 'cancelled' END,
    error = CASE effect WHEN 'write' THEN %(error)s::json END
WHERE run = %(run)s AND status = 'started'
RETURNING path, node, attempt, effect = 'write'
"""
"""The same as `ending.leave_none_open`: here no leg is asked."""
_LOST = """
SELECT r.id, r.leg
FROM pai.run r LEFT JOIN dbos.workflow_status w ON w.workflow_uuid = r.id || '/leg/' || r.leg
WHERE r.status IN ('queued', 'running')
  AND (w.status IS NULL OR w.status NOT IN ('ENQUEUED', 'PENDING'))
  AND r.created_at < now() - make_interval(secs => %(grace_s)s)
FOR UPDATE OF r SKIP LOCKED LIMIT 100
"""
