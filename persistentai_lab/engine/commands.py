"""What people may ask for: start, cancel, answer. Each command and its events are one transaction.

Locks are taken in one order: DBOS's status row, the run, then the rest.
"""

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from ..errors import Conflict, FlowInvalid, LabError, Problem, RunNotFound
from ..events import model as events
from ..flow.check import check, check_inputs
from ..flow.codec import flow_hash
from ..flow.environment import Environment
from ..flow.expand import expand, look_up
from ..flow.model import FlowSpec
from ..flow.signature import Signature
from ..ids import Json, RunId
from ..plan import compile_plan
from ..security.identity import Identity
from ..storage.hints import CANCELS, LEGS
from ..storage.pool import away, is_away
from .decided import insist_on_outputs
from .legs import LegQueue
from .record import parse_version, version_key
from .step import now

T = TypeVar("T")

_SIGNATURES = TypeAdapter(dict[str, Signature])

UNFINISHED = ("queued", "running", "waiting")


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the caller's whose blocks the flow uses, pinned by its text."""

    name: str
    source: str
    signatures: tuple[Signature, ...]
    environment: Environment | None = None

    @property
    def sha256(self) -> str:
        """What the run is pinned to: the text and the Python that it is for."""
        environment = self._environment()
        text = self.source if environment is None else f"{self.source}\0{environment}"
        return hashlib.sha256(text.encode()).hexdigest()

    def row(self) -> dict[str, str | None]:
        """As it is kept."""
        return {
            "sha256": self.sha256,
            "module": self.name,
            "source": self.source,
            "environment": self._environment(),
        }

    def _environment(self) -> str | None:
        return None if self.environment is None else self.environment.model_dump_json()


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted."""

    run: RunId
    status: str


class Unstorable(LabError):
    """Something in the request cannot be kept: NaN in an input, a NUL character in a name."""

    code = "unstorable"
    http_status = 422

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This can't be kept: {why}.", remedy="Send plain JSON and text without NUL characters."
        )


class KeyReused(Conflict):
    """An idempotency key came again with another flow, other code or other inputs."""

    code = "idempotency_key_reused"

    def __init__(self, run: RunId) -> None:
        super().__init__(
            f"This idempotency key has started run {run}, which was asked for otherwise.",
            remedy="Send exactly what was sent then, or use a new key.",
        )


class Commands:
    """Carries commands out. Synchronous inside (DBOS enqueues so), asked from a loop."""

    def __init__(self, engine: sa.Engine, builtin: Mapping[str, Signature]) -> None:
        self._engine = engine
        self._queue = LegQueue(engine)
        self._builtin = builtin

    def problems(self, flow: FlowSpec, modules: tuple[Module, ...]) -> list[Problem]:
        """Everything that is wrong with a flow."""
        return check(flow, self._catalogue(modules))

    async def start(
        self,
        flow: FlowSpec,
        inputs: dict[str, Json],
        modules: tuple[Module, ...],
        by: Identity,
        *,
        key: str | None = None,
    ) -> Started:
        """Check, compile, pin and queue a run. With the same `key`, it is the same run.

        Raises:
            FlowInvalid: With every problem of flow and inputs.
            KeyReused: The key belongs to a run of something else.
            Unavailable: The database is away; nothing was started.
        """
        try:
            return await asyncio.to_thread(self._start, flow, inputs, modules, by, key)
        except (UnicodeEncodeError, PydanticSerializationError) as error:
            raise Unstorable("half of a character, a lone surrogate") from error

    async def cancel(self, run: RunId, by: Identity, reason: str = "") -> None:
        """Stop a run. A run that has ended stays as it is (`Conflict`)."""
        await asyncio.to_thread(
            self._insist, lambda connection: self._cancel(connection, run, by, reason)
        )

    async def answer(
        self,
        run: RunId,
        question: str,
        choice: str,
        by: Identity,
        outputs: dict[str, Json] | None = None,
    ) -> None:
        """Answer a question. Of two answers one wins, the other gets `Conflict`.

        Raises:
            AnswerIncomplete: The step can't be `done` without (other) outputs.
        """
        await asyncio.to_thread(
            self._insist,
            lambda connection: self._answer(connection, run, question, choice, by, outputs),
        )

    async def requeue_lost(self, *, grace_s: float) -> list[RunId]:
        """Queue a new leg for runs whose leg DBOS has no longer (the outbox sweep)."""
        return await asyncio.to_thread(self._insist, lambda c: self._requeue_lost(c, grace_s))

    def _catalogue(self, modules: tuple[Module, ...]) -> Mapping[str, Signature]:
        theirs = {
            signature.block: signature for module in modules for signature in module.signatures
        }
        return {**self._builtin, **theirs}

    def _start(
        self,
        flow: FlowSpec,
        inputs: dict[str, Json],
        modules: tuple[Module, ...],
        by: Identity,
        key: str | None,
    ) -> Started:
        catalogue = self._catalogue(modules)
        problems = [*check(flow, catalogue), *check_inputs(flow, inputs)]
        if problems:
            raise FlowInvalid(problems)
        spec = expand(flow)
        plan = compile_plan(spec)
        plan_hash = plan.hash
        used = {
            version_key(node): signature
            for node in spec.nodes
            if (signature := look_up(node, catalogue))
        }
        defaults = {name: port.default for name, port in flow.inputs.items() if port.has_default}
        run = _run_id(by, key)
        who = {"workspace": by.workspace, "owner": by.user, "caller": by.user}
        version = {
            **who,
            "flow_hash": flow_hash(spec),
            "plan_hash": plan_hash,
            "name": flow.name,
            "spec": spec.model_dump_json(exclude_unset=True),
            "plan": json.dumps(plan.to_json()),
            "signatures": _SIGNATURES.dump_json(used).decode(),
        }
        facts: list[events.Event] = [
            events.RunCreated(
                flow=flow.name, flow_hash=version["flow_hash"], steps=len(spec.nodes)
            ),
            events.PlanCompiled(plan_hash=plan_hash, paths=dict(plan.paths)),
            events.RunQueued(leg=1),
        ]
        row = {
            **who,
            "id": run,
            "flow": flow.name,
            "flow_hash": version["flow_hash"],
            "plan_hash": plan_hash,
            "code": json.dumps({module.name: module.sha256 for module in modules}),
            "inputs": json.dumps(defaults | inputs),
            "steps": len(spec.nodes),
        }

        def insert(connection: sa.Connection) -> Started:
            for module in modules:
                _execute(connection, _CODE, who | module.row())
            _execute(connection, _VERSION, version)
            if not _execute(connection, _RUN, row).rowcount:
                status, *asked = _execute(connection, _SAME, row).one()
                if asked != [
                    row["flow_hash"],
                    *(json.loads(str(row[it])) for it in ("code", "inputs")),
                ]:
                    raise KeyReused(run)
                return Started(run, status)
            _append(connection, run, facts)
            self._queue.enqueue(connection, run, 1)
            return Started(run, "queued")

        started = self._insist(insert)
        self._wake()
        return started

    def _cancel(self, connection: sa.Connection, run: RunId, by: Identity, reason: str) -> None:
        key = {"run": run, "workspace": by.workspace}
        while True:
            state = _execute(connection, _STATE, key).one_or_none()
            if state is None:
                raise RunNotFound(run)
            status, leg = state
            if status not in UNFINISHED:
                raise Conflict(
                    f"Run {run} has ended already.", remedy="There is nothing left to cancel."
                )
            self._queue.cancel(connection, run, leg)
            if _execute(connection, _CANCEL, {"run": run, "leg": leg}).rowcount:
                break  # else it ended, or went on to another leg, while we waited for the row
        _append(connection, run, [events.RunCancelled(by=by.user, reason=reason)])
        _execute(connection, "SELECT pg_notify(%(channel)s, %(run)s)", {"channel": CANCELS, **key})

    def _answer(
        self,
        connection: sa.Connection,
        run: RunId,
        question: str,
        choice: str,
        by: Identity,
        outputs: dict[str, Json] | None,
    ) -> None:
        key = {"run": run, "question": question, "workspace": by.workspace}
        state = _execute(
            connection,
            _LOCK_RUN,
            key,
        ).one_or_none()
        if state is None:
            raise RunNotFound(run)
        status, leg = state
        asked = _execute(
            connection,
            _ASKED,
            key,
        ).one_or_none()
        if asked is None:
            raise Conflict(
                f"Run {run} asks no question {question!r}.", remedy="See the run's questions."
            )
        choices, is_answered, path, node, attempt, answered_by = asked
        if is_answered:
            raise Conflict(f"{answered_by} has answered this question already.")
        if status not in UNFINISHED:
            raise Conflict(f"Run {run} has ended ({status}); its questions are moot.")
        if choice not in choices:
            known = ", ".join(choices)
            raise Conflict(f"{choice!r} is no answer to this.", remedy=f"Choose one of: {known}.")
        if choice == "done":
            version = _execute(connection, _PINNED, key).one()
            insist_on_outputs(parse_version(*version), node, outputs or {})
        answer = {"choice": choice} | ({"outputs": outputs} if outputs else {})
        _execute(
            connection,
            """UPDATE pai.question
               SET answer = %(answer)s, answered_by = %(by)s, answered_at = now()
               WHERE run = %(run)s AND id = %(question)s""",
            key | {"answer": json.dumps(answer), "by": by.user},
        )
        facts: list[events.Event] = [
            events.HumanAnswered(question=question, answer=choice, by=by.user)
        ]
        _append(connection, run, facts, path=path, node=node, attempt=attempt)
        if status == "waiting":
            self._next_leg(connection, run, leg)

    def _next_leg(self, connection: sa.Connection, run: str, leg: int) -> None:
        _execute(
            connection,
            "UPDATE pai.run SET status = 'queued', leg = %(leg)s WHERE id = %(run)s",
            {"run": run, "leg": leg + 1},
        )
        _append(connection, run, [events.RunQueued(leg=leg + 1)])
        self._queue.enqueue(connection, run, leg + 1)
        connection.exec_driver_sql("SELECT pg_notify(%s, '')", (LEGS,))

    def _requeue_lost(self, connection: sa.Connection, grace_s: float) -> list[RunId]:
        lost = _execute(connection, _LOST, {"grace_s": grace_s}).fetchall()
        for run, leg in lost:
            self._next_leg(connection, run, leg)
        return [RunId(run) for run, _ in lost]

    def _insist(self, work: Callable[[sa.Connection], T]) -> T:
        """One transaction; a deadlock (40P01) or a lost connection at the start is tried again."""
        for attempt in range(4):
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except PoolExhausted as error:
                raise away(error) from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == "40P01" and attempt < 3:
                    continue
                if is_away(error):
                    raise away(error) from error
                if isinstance(error.orig, psycopg.DataError):
                    raise Unstorable(str(error.orig).partition("\n")[0]) from error
                raise
        raise AssertionError("unreachable")

    def _wake(self) -> None:
        """After the commit; if it gets lost, the queue's own poll finds the leg within a second."""
        try:
            with self._engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("SELECT pg_notify(%s, '')", (LEGS,))
        except (DBAPIError, PoolExhausted):
            pass


_CODE = """
INSERT INTO pai.code (workspace, sha256, module, source, environment, owner, caller)
VALUES (%(workspace)s, %(sha256)s, %(module)s, %(source)s, %(environment)s, %(owner)s, %(caller)s)
ON CONFLICT DO NOTHING
"""
_VERSION = """
INSERT INTO pai.flow_version
    (workspace, flow_hash, plan_hash, name, spec, plan, signatures, owner, caller)
VALUES (%(workspace)s, %(flow_hash)s, %(plan_hash)s, %(name)s, %(spec)s, %(plan)s,
        %(signatures)s, %(owner)s, %(caller)s) ON CONFLICT DO NOTHING
"""
_RUN = """
INSERT INTO pai.run
    (workspace, id, flow, flow_hash, plan_hash, code, status, inputs, steps, owner, caller)
VALUES (%(workspace)s, %(id)s, %(flow)s, %(flow_hash)s, %(plan_hash)s, %(code)s, 'queued',
        %(inputs)s, %(steps)s, %(owner)s, %(caller)s) ON CONFLICT DO NOTHING
"""
_APPEND = """
WITH head AS (
    UPDATE pai.run SET seq = seq + %(count)s WHERE id = %(run)s
    RETURNING workspace, seq, owner, caller
)
INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
SELECT head.workspace, %(run)s, head.seq - %(count)s + e.n, %(at)s, %(path)s, %(node)s, %(attempt)s,
       head.owner, head.caller, e.body::json
FROM head, unnest(%(bodies)s::text[]) WITH ORDINALITY AS e(body, n)
"""
_SAME = """
SELECT status, flow_hash, code, inputs FROM pai.run WHERE id = %(id)s
"""
_PINNED = """
SELECT v.spec::text, v.plan::text, v.signatures::text
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash) WHERE r.id = %(run)s
"""
_STATE = """
SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s
"""
_CANCEL = """
UPDATE pai.run SET status = 'cancelled', ended_at = now()
WHERE id = %(run)s AND leg = %(leg)s AND status IN ('queued', 'running', 'waiting')
"""
_LOCK_RUN = """
SELECT status, leg FROM pai.run WHERE id = %(run)s AND workspace = %(workspace)s FOR UPDATE
"""
_ASKED = """
SELECT choices, answer IS NOT NULL, path, node, attempt, answered_by FROM pai.question
WHERE run = %(run)s AND id = %(question)s
"""
_LOST = """
SELECT r.id, r.leg
FROM pai.run r LEFT JOIN dbos.workflow_status w ON w.workflow_uuid = r.id || '/leg/' || r.leg
WHERE r.status IN ('queued', 'running')
  AND (w.status IS NULL OR w.status NOT IN ('ENQUEUED', 'PENDING'))
  AND r.created_at < now() - make_interval(secs => %(grace_s)s)
FOR UPDATE OF r SKIP LOCKED LIMIT 100
"""


def _execute(connection: sa.Connection, statement: str, values: Mapping[str, Any]) -> Any:
    return connection.exec_driver_sql(statement, dict(values))


def _append(
    connection: sa.Connection,
    run: str,
    facts: list["events.Event"],
    *,
    path: str | None = None,
    node: str | None = None,
    attempt: int | None = None,
) -> None:
    _execute(
        connection,
        _APPEND,
        {
            "run": run,
            "count": len(facts),
            "at": now(),
            "path": path,
            "node": node,
            "attempt": attempt,
            "bodies": [fact.model_dump_json() for fact in facts],
        },
    )


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _run_id(by: Identity, key: str | None) -> RunId:
    """Sortable by time, short enough to say; derived from the key when there is one."""
    if key:
        digest = hashlib.sha256(f"{by.workspace}\0{by.user}\0{key}".encode()).hexdigest()
        return RunId(f"r-{digest[:20]}")
    number, digits = int(time.time() * 1000), ""
    while number:
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return RunId(f"r-{digits}{''.join(secrets.choice(_ALPHABET) for _ in range(5))}")
