"""DBOS, as far as we use it. Its names, public or private, stand here and in `claim.py`.

A run is a sequence of legs `run/leg/n`; each leg is one DBOS workflow. DBOS queues, claims and
recovers legs. What we rely on beyond its public API (the status row and its `owner_xid`, the
dequeue, the set of active workflows) is kept by `tests/engine/test_dbos_contract.py`.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, Serializer, _dbos
from dbos._context import current_owner_xid
from dbos._core import execute_dequeued_workflow
from dbos._sys_db import WorkflowStatusInternal
from dbos._utils import generate_uuid

from ..ids import RunId
from ..storage.migrate import migrate as migrate_ours
from ..storage.migrate import sqlalchemy_url, take_lock
from ..storage.pool import PATIENCE, Pool, has_word
from .claim import PRIORITY, Claimed, claim
from .commands.hinting import note

QUEUE = "pai_legs"
APPLICATION = "persistentai"
PROTOCOL = "walk-1"
"""DBOS's application version: names the walker's protocol only, so that a new release does not
strand a run that has waited for weeks."""

LATELY_S = 1.0

VERSION = metadata.version("dbos")
_MIGRATION_LOCK = 0x70616903

RunLeg = Callable[[RunId, int, str], Awaitable[bool]]
"""Walk a leg: run, number of the leg, the fence token (`owner_xid`). True when its last commit had
`END` in it: then DBOS has nothing more to record."""

FENCE = """
    SELECT 1 FROM dbos.workflow_status
    WHERE workflow_uuid = %(leg_id)s AND owner_xid = %(owner_xid)s AND status = 'PENDING'
    FOR NO KEY UPDATE
"""
"""Holds the leg's row to the end of the commit; finds nothing once the leg was cancelled,
superseded or taken over. First in the order of locks: status row, run, feeds."""

FENCES = """
    SELECT w.* FROM wanted w JOIN dbos.workflow_status s ON s.workflow_uuid = w.leg_id
    WHERE s.owner_xid = w.owner_xid AND s.status = 'PENDING'
    ORDER BY w.leg_id FOR NO KEY UPDATE OF s
"""
"""The same for several legs at once, in one order: those of `wanted` that are still ours."""

ENQUEUE = """
leg AS (
    INSERT INTO dbos.workflow_status
        (workflow_uuid, status, name, queue_name, queue_partition_key, priority,
         application_version, application_name, creator_xid, serialization, recovery_attempts)
    SELECT %(leg_id)s, 'ENQUEUED', 'leg', %(queue)s, %(part)s, %(leg_priority)s,
           %(version)s, %(application)s, %(creator)s, %(serialization)s, 0 {of}
    ON CONFLICT DO NOTHING
),
leg_input AS (
    INSERT INTO dbos.workflow_input (workflow_uuid, inputs)
    SELECT %(leg_id)s, %(leg_inputs)s {of}
    ON CONFLICT DO NOTHING
)
"""
"""Parts of a WITH that queue a leg, or, with `of` for a FROM, one if that has a row. Its values are
`LegQueue.values`."""

END = """
over AS (
    UPDATE dbos.workflow_status s
    SET status = 'SUCCESS', owner_xid = NULL,
        updated_at = (extract(epoch FROM now()) * 1000)::bigint,
        completed_at = (extract(epoch FROM now()) * 1000)::bigint
    FROM {legs} AS l WHERE s.workflow_uuid = l.leg_id AND s.owner_xid = l.owner_xid
    RETURNING s.workflow_uuid
),
over_output AS (
    INSERT INTO dbos.workflow_output (workflow_uuid, output) SELECT workflow_uuid, 'null' FROM over
    ON CONFLICT (workflow_uuid) DO UPDATE SET output = excluded.output, error = NULL
)
"""
"""Parts of a WITH that end legs, those of `legs`, as DBOS would: so the end of a run and of its leg
are one commit. A statement of DBOS's own takes a thread, and a tenth of a small run's CPU."""

_ENQUEUE = f"WITH {ENQUEUE.format(of='')} SELECT"

_CANCEL = """
    UPDATE dbos.workflow_status
    SET status = 'CANCELLED', owner_xid = NULL,
        updated_at = (extract(epoch FROM now()) * 1000)::bigint
    WHERE workflow_uuid = %s AND status IN ('ENQUEUED', 'PENDING')
"""

_TAKE_BACK = """
    UPDATE dbos.workflow_status
    SET status = 'CANCELLED', updated_at = (extract(epoch FROM now()) * 1000)::bigint
    WHERE workflow_uuid = %s AND status = 'ENQUEUED'
"""

_ABANDONED = """
    UPDATE dbos.workflow_status
    SET status = 'ENQUEUED', owner_xid = NULL, started_at_epoch_ms = NULL
    WHERE status = 'PENDING' AND queue_name = %s AND executor_id = %s
      AND NOT workflow_uuid = ANY(%s)
      AND started_at_epoch_ms < (extract(epoch FROM now()) * 1000)::bigint - %s
    RETURNING workflow_uuid
"""

LOOK = """
SELECT (SELECT coalesce(json_agg(json_build_array(slot, executor, beat, status, EXISTS (
            SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
            AND classid = %(lock)s AND objid = slot
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ))), '[]') FROM pai.worker),
       (SELECT coalesce(json_object_agg(executor_id, legs), '{}') FROM (
            SELECT executor_id, json_agg(workflow_uuid) AS legs FROM dbos.workflow_status
            WHERE status = 'PENDING' AND queue_name = %(queue)s GROUP BY executor_id) AS held),
       EXISTS (SELECT FROM dbos.workflow_status
               WHERE status = 'ENQUEUED' AND queue_name = %(queue)s),
       EXISTS (SELECT FROM pai.run r
               LEFT JOIN dbos.workflow_status w ON w.workflow_uuid = r.id || '/leg/' || r.leg
               WHERE r.status IN ('queued', 'running')
                 AND (w.status IS NULL OR w.status NOT IN ('ENQUEUED', 'PENDING'))),
       EXISTS (SELECT FROM pai.question WHERE answer IS NULL AND due <= now()),
       EXISTS (SELECT FROM pai.schedule WHERE is_on AND next_at <= now()),
       EXISTS (SELECT FROM pai.signal WHERE NOT is_offered),
       EXISTS (SELECT FROM pai.signal WHERE expires_at <= now())
"""
"""One look a second at everything that could need care, so that an idle worker costs next to
nothing: workers' beats, who holds which legs, whether any wait, whether a run has none, whether
anything is due: a question, a schedule, a signal that nobody offered or that is over."""

FORGET = """
WITH old AS (
    SELECT workflow_uuid FROM dbos.workflow_status
    WHERE created_at < (extract(epoch FROM now()) * 1000)::bigint - %(older_s)s::bigint * 1000
      AND queue_name = %(queue)s AND status NOT IN ('ENQUEUED', 'PENDING', 'DELAYED')
    ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
),
inputs AS (DELETE FROM dbos.workflow_input i USING old WHERE i.workflow_uuid = old.workflow_uuid),
outputs AS (DELETE FROM dbos.workflow_output o USING old WHERE o.workflow_uuid = old.workflow_uuid)
DELETE FROM dbos.workflow_status w USING old WHERE w.workflow_uuid = old.workflow_uuid
"""
"""Takes away DBOS's rows of legs that have ended. Our own rows say all that is to be known."""

SLOT_LOCK = 0x70616902
"""First key of the advisory locks that workers' slots are; the second is the slot's number."""

_BLANK = dict.fromkeys(WorkflowStatusInternal.__annotations__)

log = logging.getLogger(__name__)


class JsonSerializer(Serializer):
    """What DBOS itself stores: arguments of a leg, and exceptions that escape one. Never pickle."""

    def name(self) -> str:
        """Stored beside each value."""
        return "pai_json"

    def serialize(self, data: Any) -> str:
        """JSON, with exceptions as their text."""
        return json.dumps(data, default=_describe)

    def deserialize(self, serialized_data: str) -> Any:
        """Inverse of `serialize`; an exception comes back as `RuntimeError`."""
        data = json.loads(serialized_data)
        if isinstance(data, dict) and data.keys() == {"__error__"}:
            return RuntimeError(data["__error__"])
        return data


_SERIALIZER = JsonSerializer()


def _rest(*_: object) -> None:
    """Takes the place of DBOS's threads for its queues, delays, timeouts and schedules."""


def _describe(data: object) -> object:
    if isinstance(data, BaseException):
        return {"__error__": f"{type(data).__name__}: {data}"}
    raise TypeError(f"{type(data).__name__} has no place in a leg's arguments.")


def leg_id(run: str, leg: int) -> str:
    """DBOS's workflow id of a leg."""
    return f"{run}/leg/{leg}"


def migrate(database_url: str) -> None:
    """Bring our tables and DBOS's up to date, whoever comes first."""
    migrate_ours(database_url)
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        if _is_migrated(connection):
            return
        take_lock(connection, _MIGRATION_LOCK)
        if not _is_migrated(connection):
            DBOS.migrate(sqlalchemy_url(database_url))
            connection.execute("DROP TABLE IF EXISTS dbos.pai_migrated")
            connection.execute(f"CREATE TABLE dbos.pai_migrated AS SELECT '{VERSION}' AS version")


def _is_migrated(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """DBOS's own check takes half a second; ours is one query."""
    try:
        row = connection.execute("SELECT version FROM dbos.pai_migrated").fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return row is not None and row[0] == VERSION


def sync_engine(database_url: str, pool_size: int = 4, *, is_durable: bool = True) -> sa.Engine:
    """An SQLAlchemy engine that takes "connection is bad" for what it is: a lost connection.

    psycopg says so on unix sockets where on TCP it says "connection failed"; DBOS and SQLAlchemy
    know only the latter, and without this a restart of Postgres strands every run. Whether an idle
    connection is still good is seen on its socket; to ask would be a question a command.

    Args:
        database_url: A libpq URL.
        pool_size: Connections at most.
        is_durable: Whether a commit is to be on disk when it comes back. What DBOS itself writes
            in a worker need not: a leg whose end got lost is walked again, and finds nothing to do.
    """
    url = sa.make_url(database_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        connect_args={
            "application_name": "persistentai-legs",
            "options": "" if is_durable else "-c synchronous_commit=off",
            **PATIENCE,
        },
    )

    @sa.event.listens_for(engine, "checkout")
    def _look(connection: Any, record: object, proxy: object) -> None:
        if has_word(connection):
            raise sa.exc.InvalidatePoolError

    @sa.event.listens_for(engine, "handle_error")
    def _lost(context: Any) -> None:
        text = str(context.original_exception)
        if "connection is bad" in text or "the connection is closed" in text:
            context.is_disconnect = True

    return engine


class LegQueue:
    """Puts legs into DBOS's queue, inside a transaction of ours. For gateways and sweeps.

    With one statement of ours: DBOS's client takes two through SQLAlchemy, a quarter of all that
    starting a run costs. It leaves what DBOS's would (`tests/engine/test_dbos_contract.py`).
    """

    @staticmethod
    def values(
        run: str, leg: int, *, part: str, priority: int = PRIORITY
    ) -> dict[str, str | int | None]:
        """What `ENQUEUE` asks for.

        Args:
            run: The run.
            leg: Number of the leg.
            part: Whose turn it counts for (`claim.partition`).
            priority: The smaller, the earlier, among the legs of a workspace.
        """
        return {
            "leg_id": leg_id(run, leg), "queue": QUEUE, "part": part, "leg_priority": priority,
            "version": PROTOCOL, "application": APPLICATION, "creator": generate_uuid(),
            "leg_inputs": _SERIALIZER.serialize({"args": [run, leg], "kwargs": {}}),
            "serialization": _SERIALIZER.name(),
        }  # fmt: skip

    def enqueue(
        self, connection: sa.Connection, run: str, leg: int, *, part: str, priority: int = PRIORITY
    ) -> None:
        """Enqueue a leg; it becomes visible when the caller commits. Twice is once."""
        values = self.values(run, leg, part=part, priority=priority)
        connection.exec_driver_sql(_ENQUEUE, values)
        note(connection)

    @staticmethod
    def cancel(connection: sa.Connection, run: str, leg: int) -> None:
        """Take the leg away from whoever holds it: its fence fails from now on."""
        connection.exec_driver_sql(_CANCEL, (leg_id(run, leg),))

    @staticmethod
    def take_back(connection: sa.Connection, run: str, leg: int) -> bool:
        """Take a leg out of the queue. False when somebody has taken it already."""
        return bool(connection.exec_driver_sql(_TAKE_BACK, (leg_id(run, leg),)).rowcount)


class Executor:
    """DBOS in a worker. One a process (DBOS itself is a singleton)."""

    def __init__(
        self,
        engine: sa.Engine,
        pool: Pool,
        executor_id: str,
        run_leg: RunLeg,
        *,
        legs_at_once: int,
        has: str = "",
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._executor_id = executor_id
        self._legs_at_once = legs_at_once
        self._has = has
        self._wake = asyncio.Lock()
        self._held: set[str] = set()
        self._over: set[str] = set()
        """Legs whose end is recorded, and DBOS is about to record it."""
        self._more_wait = False
        self._took_at = 0.0
        self.due = asyncio.Event()
        """Set whenever a `wake` may find something."""
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": engine,
            "system_database_url": engine.url.render_as_string(hide_password=False),
            "application_version": PROTOCOL,
            "executor_id": executor_id,
            "serializer": _SERIALIZER,
            "log_level": "ERROR",
            "enable_otlp": False,
            "run_migrations": False,
            "use_listen_notify": False,  # for DBOS's own messages, which we don't use
        }
        self._dbos = DBOS(config=config)

        @DBOS.workflow(name="leg", max_recovery_attempts=None)
        async def leg(run: str, number: int) -> None:
            token = current_owner_xid(leg_id(run, number))
            assert token is not None
            try:
                if await run_leg(RunId(run), number, token):
                    self._over.add(leg_id(run, number))
            finally:
                self._held.discard(leg_id(run, number))
                if self._more_wait:
                    self.due.set()

    async def launch(self) -> None:
        """Begin to serve on the calling loop.

        Legs are taken by `wake` only: DBOS, which does not know our queue, leaves it alone. What it
        would look after each second, ten times a second or for ever, is put to rest: we use none of
        it, and it cost an idle worker more than all that is ours.
        """
        for name in ("queue_thread", "background_jobs_thread", "dynamic_scheduler_loop"):
            setattr(_dbos, name, _rest)
        self._dbos.launch()
        self._dbos._sys_db._run_background_processes = False
        # Legs begin on the loop that takes them: DBOS would wait in a thread until they have.
        begin = asyncio.get_running_loop().create_task
        setattr(self._dbos._background_event_loop, "submit_coroutine", begin)  # noqa: B010
        self._end_legs_once(self._dbos._sys_db)

    @property
    def took_lately(self) -> bool:
        """Whether legs come in: what nobody waits for had better wait."""
        return time.monotonic() - self._took_at < LATELY_S

    async def wake(self) -> int:
        """Take what waits in the queue and is due. Returns how many legs."""
        async with self._wake:
            room = self._legs_at_once - len(self._held)
            if room <= 0:
                return 0
            token = generate_uuid()
            taken = await claim(
                self._pool, queue=QUEUE, version=PROTOCOL, application=APPLICATION,
                executor=self._executor_id, token=token, room=room, has=self._has,
            )  # fmt: skip
            self._more_wait = len(taken) == room
            if taken:
                self._took_at = time.monotonic()
                self._held.update(leg["workflow_uuid"] for leg in taken)
                await self._begin(taken, token)
            return len(taken)

    async def _begin(self, taken: list[Claimed], token: str) -> None:
        for leg in taken:
            await asyncio.sleep(0)  # a hundred would hold up those that walk
            run, number = leg["workflow_uuid"].split("/leg/")
            arguments = {"args": [run, int(number)], "kwargs": {}}
            status = {
                **_BLANK, **leg, "status": "PENDING", "name": "leg", "queue_name": QUEUE,
                "executor_id": self._executor_id, "app_version": PROTOCOL,
                "application_name": APPLICATION,
                "inputs": self._dbos._serializer.serialize(arguments),
            }  # fmt: skip
            try:
                execute_dequeued_workflow(self._dbos, cast(WorkflowStatusInternal, status), token)
            except Exception:  # its row is put back by a sweep; its place is free at once
                self._held.discard(leg["workflow_uuid"])
                log.exception("%s did not begin", leg["workflow_uuid"])

    def _end_legs_once(self, system: Any) -> None:
        """Keep DBOS from recording the end of a leg that is recorded with the end of its run."""
        theirs = system.update_workflow_outcome

        def record(workflow: str, *given: Any, **more: Any) -> bool:
            if workflow in self._over:
                self._over.discard(workflow)
                return True
            return bool(theirs(workflow, *given, **more))

        system.update_workflow_outcome = record

    def recover(self, executors: list[str]) -> int:
        """Put the pending legs of dead executors back into the queue. Idempotent."""
        return len(self._dbos._recover_pending_workflows(executors))

    def release_abandoned(self, *, grace_s: float) -> list[str]:
        """Put back legs that are ours by their row but that nobody here is walking."""
        active = list(self._dbos._active_workflows_set.activeList())
        with self._engine.begin() as connection:
            rows = connection.exec_driver_sql(
                _ABANDONED, (QUEUE, self._executor_id, active, int(grace_s * 1000))
            )
            return [row[0] for row in rows]

    def walking(self) -> set[str]:
        """Ids of the legs that are being walked here."""
        return set(self._dbos._active_workflows_set.activeList())

    def stop(self) -> None:
        """Stop taking legs, and let go of DBOS's threads."""
        DBOS.destroy(workflow_completion_timeout_sec=0)
