"""Runs as people look at them: lists, details, questions. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from pydantic import BaseModel

from ..errors import RunNotFound
from ..ids import Json, RunId, Workspace
from .pool import Pool
from .stuck import IS_STUCK


class _Run(BaseModel):
    run_id: RunId
    flow: str
    status: str
    owner: str
    caller: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    steps_done: int
    steps_total: int
    error: dict[str, Json] | None
    replays: RunId | None
    """The run that it computes again."""
    needs: list[str] | None = None
    """Block versions that it waits for: no living worker has them."""
    expired_at: datetime | None = None
    """Since when its values are no longer kept."""


class RunSummary(_Run):
    """A run in a list."""

    questions: int
    """Unanswered ones."""
    wish: str | None
    """`pause` or `step`, while what is under way is still to finish."""


class StepAttempt(BaseModel):
    """One attempt at a step."""

    path: str
    node: str
    block: str
    version: int
    effect: str
    attempt: int
    status: str
    leg: int
    worker: str
    started_at: datetime | None
    ended_at: datetime | None
    outputs: dict[str, Json] | None
    error: dict[str, Json] | None
    reused_from: RunId | None
    """The run that it was really run in."""
    inside: bool = False
    """Whether a control node has opened the flow that it is of."""


class Question(BaseModel):
    """A decision that a run waits for, or had."""

    id: str
    path: str
    node: str
    attempt: int
    text: str
    choices: list[str]
    kind: str
    """`ask`, `approval`, or `doubt`: an interrupted call may or may not have happened."""
    asked: list[str]
    """Who may answer; anybody when empty."""
    answer_type: dict[str, Json] | None
    """What an answer in one's own words has to be."""
    block: str | None
    inputs: dict[str, Json] | None
    """What exactly it is about, as steps record values."""
    inputs_hash: str | None
    asked_at: datetime
    due: datetime | None
    at_expiry: dict[str, Json] | None
    """What holds when nobody answers in time."""
    answer: dict[str, Json] | None
    answered_by: str | None
    """None beside an answer: nobody answered in time."""
    answered_at: datetime | None
    reason: str
    answered_from: str


class OpenQuestion(Question):
    """A question that waits for somebody, with the run that asks."""

    run_id: RunId
    flow: str
    caller: str


class Breakpoint(BaseModel):
    """The run is to pause before a node."""

    by: str
    when: str | None


class Change(BaseModel):
    """A value that a person put in the place of another, while the run was paused."""

    path: str
    node: str
    side: str
    """`output` of a node that had run, or `input`: a literal of one that was to come."""
    port: str
    value: dict[str, Json]
    by: str
    at: datetime


class RunDetail(_Run):
    """A run with everything recorded of it but its events."""

    flow_hash: str
    plan_hash: str
    inputs: dict[str, Json]
    refs: dict[str, Json]
    """Inputs that are no JSON."""
    outputs: dict[str, Json] | None
    wish: str | None
    breakpoints: dict[str, Breakpoint]
    """By node."""
    changes: list[Change]
    """Of several for one port the last counts. The outputs of `steps` are those that count."""
    steps: list[StepAttempt]
    questions: list[Question]


_SUMMARY = """
SELECT r.id AS run_id, r.flow, r.status, r.owner, r.caller, r.created_at, r.started_at,
       r.ended_at, r.error, r.replays, r.expired_at,
       CASE WHEN r.needs <> '' AND r.status IN ('queued', 'running') THEN pai.lacking(r.needs) END
       AS needs,
       r.steps AS steps_total, r.wish,
       (SELECT count(*) FROM pai.step s
        WHERE s.run = r.id AND s.status = 'completed' AND NOT s.inside) AS steps_done,
       CASE WHEN r.status IN ('queued', 'running', 'waiting', 'paused')
            THEN (SELECT count(*) FROM pai.question q
                  WHERE q.run = r.id AND q.answer IS NULL AND q.kind NOT IN ('timer', 'signal'))
            ELSE 0 END AS questions
"""

_LIST = (
    _SUMMARY
    + """
FROM pai.run r
WHERE r.workspace = %(workspace)s AND (%(status)s::text IS NULL OR r.status = %(status)s)
ORDER BY r.created_at DESC LIMIT %(limit)s
"""
)

_STUCK = (
    _SUMMARY
    + f"""
FROM pai.run r
WHERE r.workspace = %(workspace)s AND r.status IN ('queued', 'running', 'waiting') AND {IS_STUCK}
ORDER BY r.created_at LIMIT %(limit)s
"""
)

_DETAIL = (
    _SUMMARY
    + """, r.flow_hash, r.plan_hash, r.inputs, r.refs, r.outputs,
       coalesce(r.breakpoints, '{}') AS breakpoints
FROM pai.run r WHERE r.workspace = %(workspace)s AND r.id = %(run)s
"""
)

_STEPS = """
SELECT path, node, block, version, effect, attempt, status, leg, worker, started_at, ended_at,
       outputs, error, reused_from, inside
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY inside ORDER BY status = 'completed', started_at NULLS LAST, path, attempt
    ) AS n FROM pai.step WHERE run = %(run)s
) AS numbered
WHERE NOT inside OR n <= 1000
ORDER BY started_at NULLS LAST, path, attempt
"""
"""Of the flows that control nodes have opened, the first thousand; what has not completed first."""

_CHANGES = """
SELECT path, node, side, port, value, caller AS by, at FROM pai.override
WHERE run = %(run)s ORDER BY n
"""

_QUESTION = """
SELECT q.id, q.path, q.node, q.attempt, q.text, q.choices, q.kind, q.asked, q.answer_type, q.block,
       q.inputs, q.inputs_hash, q.asked_at, q.due, q.at_expiry, q.answer, q.answered_by,
       q.answered_at, q.reason, q.answered_from
"""

_ASKED = f"""
{_QUESTION} FROM pai.question q
WHERE q.run = %(run)s AND q.kind NOT IN ('timer', 'signal') ORDER BY q.asked_at
"""

_OPEN = f"""
{_QUESTION}, q.run AS run_id, r.flow, r.caller
FROM pai.question q JOIN pai.run r ON r.id = q.run
WHERE q.workspace = %(workspace)s AND q.answer IS NULL AND q.kind NOT IN ('timer', 'signal')
  AND r.status IN ('queued', 'running', 'waiting', 'paused')
  AND (%(user)s::text IS NULL OR q.asked = '{{}}' OR %(user)s = ANY(q.asked))
ORDER BY q.due NULLS LAST, q.asked_at LIMIT %(limit)s
"""


class Runs:
    """The runs of all workspaces; every call names the one it is about."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def newest(
        self,
        workspace: Workspace,
        *,
        status: str | None = None,
        stuck: bool = False,
        limit: int = 50,
    ) -> list[RunSummary]:
        """The newest runs; with `stuck`, those that nothing will ever move again."""
        rows = await self._rows(
            _STUCK if stuck else _LIST, {"workspace": workspace, "status": status, "limit": limit}
        )
        return [RunSummary.model_validate(row) for row in rows]

    async def get(self, workspace: Workspace, run: RunId) -> RunDetail:
        """A run whole. Raises `RunNotFound`."""
        key = {"workspace": workspace, "run": run}
        rows = await self._rows(_DETAIL, key)
        if not rows:
            raise RunNotFound(run)
        steps = await self._rows(_STEPS, key)
        asked = await self._rows(_ASKED, key)
        changes = await self._rows(_CHANGES, key)
        _lay_over(steps, changes)
        return RunDetail.model_validate(
            rows[0] | {"steps": steps, "questions": asked, "changes": changes}
        )

    async def questions(
        self, workspace: Workspace, *, user: str | None = None, limit: int = 200
    ) -> list[OpenQuestion]:
        """What waits for somebody, what expires first foremost; with `user`, only for them."""
        rows = await self._rows(_OPEN, {"workspace": workspace, "user": user, "limit": limit})
        return [OpenQuestion.model_validate(row) for row in rows]

    async def flow(self, workspace: Workspace, run: RunId) -> tuple[dict[str, Any], dict[str, Any]]:
        """The pinned flow of a run (expanded) and its plan. Raises `RunNotFound`."""
        rows = await self._rows(
            """SELECT v.spec, v.plan FROM pai.run r
               JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
               WHERE r.workspace = %(workspace)s AND r.id = %(run)s""",
            {"workspace": workspace, "run": run},
        )
        if not rows:
            raise RunNotFound(run)
        return rows[0]["spec"], rows[0]["plan"]

    async def pinned(
        self, workspace: Workspace, run: RunId
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The pinned flow of a run (expanded) and its blocks' signatures. Raises `RunNotFound`."""
        rows = await self._rows(
            """SELECT v.spec, v.signatures FROM pai.run r
               JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
               WHERE r.workspace = %(workspace)s AND r.id = %(run)s""",
            {"workspace": workspace, "run": run},
        )
        if not rows:
            raise RunNotFound(run)
        return rows[0]["spec"], rows[0]["signatures"]

    async def must_exist(self, workspace: Workspace, run: RunId) -> None:
        """Raise `RunNotFound` unless the run is one of this workspace."""
        if not await self._rows(
            "SELECT 1 AS one FROM pai.run WHERE workspace = %(workspace)s AND id = %(run)s",
            {"workspace": workspace, "run": run},
        ):
            raise RunNotFound(run)

    async def workers_alive(self) -> int:
        """How many workers beat."""
        rows = await self._rows(
            """SELECT count(*) AS alive FROM pai.worker
               WHERE status = 'alive' AND beat_at > now() - interval '4 seconds'""",
            {},
        )
        return int(rows[0]["alive"])

    async def _rows(self, statement: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(statement, values)
            return await cursor.fetchall()


def _lay_over(steps: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    """Let outputs that people changed count; who asks for what the body gave has the events."""
    recorded = {step["path"]: step for step in steps if step["status"] == "completed"}
    for change in changes:
        if change["side"] == "output" and (step := recorded.get(change["path"])):
            step["outputs"] = {**(step["outputs"] or {}), change["port"]: change["value"]}
