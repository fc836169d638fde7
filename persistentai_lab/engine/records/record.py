"""What is recorded of a run, as a leg needs it before it walks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from ...errors import RunNotFound
from ...flow.control.kinds import RACE
from ...flow.model import Budget, FlowSpec, Node, PortRef
from ...flow.signature import Effect, Signature
from ...ids import Json, NodeId, RunId, Workspace
from ...plan import Plan
from ...storage.pool import Pool
from ..racing import runners
from .orders import Orders
from .overlay import OVERLAY, Overlay

if TYPE_CHECKING:
    from .place import Place
from ..steps.stopping import MOOT


@dataclass(frozen=True)
class Version:
    """A pinned version of a flow, ready to be walked."""

    spec: FlowSpec
    """Expanded: no subflows."""
    plan: Plan
    signatures: dict[str, Signature]
    """By `version_key`."""

    @cached_property
    def nodes(self) -> Mapping[NodeId, Node]:
        """The nodes by their ids."""
        return {NodeId(node.id): node for node in self.spec.nodes}

    @cached_property
    def places(self) -> "dict[NodeId, Place]":
        """Filled by `place_of`."""
        return {}

    @cached_property
    def feeds(self) -> Mapping[NodeId, Mapping[str, PortRef]]:
        """Where each input that an edge feeds has its value from, by node and port."""
        found: dict[NodeId, dict[str, PortRef]] = {node: {} for node in self.nodes}
        for edge in self.spec.edges:
            found[NodeId(edge.target.node)][edge.target.port] = edge.source
        return found

    @cached_property
    def races(self) -> frozenset[NodeId]:
        """Nodes that wait for any one of what feeds them."""
        return frozenset(NodeId(node.id) for node in self.spec.nodes if node.block == RACE)

    @cached_property
    def runners(self) -> frozenset[NodeId]:
        """Nodes whose values go to races only: a failure of theirs is not the flow's."""
        return runners(self)

    @cached_property
    def users(self) -> Mapping[NodeId, tuple[NodeId, ...]]:
        """The nodes that wait for each node."""
        found: dict[NodeId, list[NodeId]] = {node: [] for node in self.nodes}
        for node, needs in self.plan.before.items():
            for need in needs:
                found[need].append(node)
        return {node: tuple(users) for node, users in found.items()}

    def inner(self, name: str) -> "Version":
        """A flow that a control node runs."""
        if name not in self._inner:
            spec, plan = self.spec.flows[name], self.plan.flows[name]
            self._inner[name] = Version(spec, plan, self.signatures)
        return self._inner[name]

    @cached_property
    def _inner(self) -> "dict[str, Version]":
        return {}

    @cached_property
    def budgets(self) -> tuple[tuple[str, Budget], ...]:
        """Of the whole flow, of those inlined in it and of nodes, by the beginning of ids."""
        own = (("", self.spec.budget), *self.spec.budgets.items())
        of_nodes = ((it.id, it.policy.budget if it.policy else None) for it in self.spec.nodes)
        return tuple((name, budget) for name, budget in (*own, *of_nodes) if budget is not None)

    @cached_property
    def is_pure(self) -> bool:
        """Whether nothing in it does more than compute."""
        return all(
            all(self.inner(name).is_pure for name in node.flows.values())
            if node.flows
            else self.signature(node).effect is Effect.PURE
            for node in self.spec.nodes
        )

    def locate(self, node_id: str) -> "tuple[Version, Node]":
        """A node by its id in the run, also one of a flow inside (`each/17/fetch`)."""
        if (node := self.nodes.get(NodeId(node_id))) is not None:
            return self, node
        for outer in self.spec.nodes:
            if outer.flows and node_id.startswith(f"{outer.id}/"):
                key, _, rest = _ATTEMPT.sub("", node_id[len(outer.id) + 1 :]).partition("/")
                return self.inner(outer.flows[role_of(key)]).locate(rest)
        raise LookupError(node_id)

    def signature(self, node: Node) -> Signature:
        """Of a node's block, in the node's version."""
        return self.signatures[version_key(node)]


_ATTEMPT = re.compile(r"^@\d+/")
"""What tells the flows of a further attempt of a control node from those of the first."""


def role_of(key: str) -> str:
    """The part of the flow that stands under a key: `17` is a round of the body, `3.until` a test.

    Other keys are parts themselves (`then`, `case_1`).
    """
    number, _, role = key.partition(".")
    return (role or "body") if number.isdigit() else key


def all_nodes(spec: FlowSpec) -> Iterator[Node]:
    """The nodes of an expanded flow and of the flows that its control nodes run."""
    yield from spec.nodes
    for inner in spec.flows.values():
        yield from all_nodes(inner)


def version_key(node: Node) -> str:
    """A block in a version, as pinned versions name it."""
    return f"{node.block}@{node.version}"


@dataclass(slots=True)
class Attempt:
    """One attempt at a step, as recorded."""

    path: str
    number: int
    node: str
    block: str
    status: str
    leg: int
    worker: str
    outputs: dict[str, Any] | None
    """What counts: values that people have put in their place included."""
    error: dict[str, Any] | None
    cost: dict[str, Any] | None = None
    """What its body said that it spent."""
    seconds: float = 0.0
    """How long its body took, as far as that is known."""
    original: dict[str, Any] | None = None
    """What the body really gave, where people have put other values in its place."""

    @property
    def is_over(self) -> bool:
        """Whether its node is done with it, and not to be tried again."""
        is_final = bool(self.error and self.error.get("final"))
        return self.status in ("completed", "skipped") or is_final


NOBODY = frozenset({"timer", "signal"})
"""Kinds of questions that are put to nobody: a time or a signal answers them."""


@dataclass(slots=True)
class Question:
    """A question, with its answer if there is one."""

    id: str
    path: str
    attempt: int
    answer: dict[str, Json] | None
    answered_by: str | None
    """None beside an answer: nobody answered in time."""
    reason: str
    node: str = ""

    @property
    def is_moot(self) -> bool:
        """Whether it was closed: nobody waits for its answer, and who asks it asks anew."""
        return bool(self.answer and self.answer.get("choice") == MOOT)


@dataclass(slots=True)
class Record:
    """Everything a leg needs to know before it walks."""

    run: RunId
    workspace: Workspace
    status: str
    leg: int
    inputs: dict[str, Json]
    refs: dict[str, dict[str, Json]]
    """Inputs that are no JSON, as they are recorded."""
    code: dict[str, str]
    """Module → hash of its pinned source."""
    owner: str
    caller: str
    has_started: bool
    version: Version
    orders: Orders
    """What people want of it: to pause, and where."""
    replays: RunId | None = None
    """The run that this one computes again."""
    literals: Mapping[str, dict[str, Json]] = field(default_factory=dict)
    """By path and port: what people have put in the place of literals."""
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    """By path, in the order of their numbers."""
    questions: dict[str, list[Question]] = field(default_factory=dict)
    """By path, in the order of the attempts they are about."""


_RUN = """
SELECT r.workspace, r.status, r.leg, r.seq, r.wish, r.wished_by, r.breakpoints, r.is_changed,
       r.inputs, r.refs, r.code, r.owner, r.caller,
       r.started_at IS NOT NULL AS started, r.forked_from IS NOT NULL AS forked,
       r.replays,
       v.spec::text AS spec, v.plan::text AS plan, v.signatures::text AS signatures
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash) WHERE r.id = %s
"""
_ATTEMPTS = """
SELECT path, attempt, node, block, status, leg, worker, outputs, error, cost,
       CASE WHEN reused_from IS NULL AND error ->> 'code' IS DISTINCT FROM 'worker_lost'
       THEN coalesce(extract(epoch FROM ended_at - started_at), 0) ELSE 0 END::float AS seconds
FROM pai.step WHERE run = %s ORDER BY path, attempt
"""
_QUESTIONS = """
SELECT id, path, attempt, answer, answered_by, reason, node
FROM pai.question WHERE run = %s ORDER BY path, attempt
"""
_ANSWERED = """
SELECT id, path, attempt, answer, answered_by, reason
FROM pai.question WHERE run = %s AND id = ANY(%s) AND answer IS NOT NULL
  AND answer ->> 'choice' IS DISTINCT FROM 'moot'
"""


@lru_cache(maxsize=64)
def parse_version(spec: str, plan: str, signatures: str) -> Version:
    """Parse once per worker what many runs share."""
    return Version(
        FlowSpec.model_validate_json(spec),
        Plan.from_json(json.loads(plan)),
        {name: Signature.model_validate(value) for name, value in json.loads(signatures).items()},
    )


async def read_record(pool: Pool, run: RunId) -> Record:
    """Read a run with its attempts and questions. Raises `RunNotFound`."""
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_RUN, (run,))
        row = await cursor.fetchone()
        if row is None:
            raise RunNotFound(run)
        record = Record(
            run=run,
            workspace=row["workspace"],
            status=row["status"],
            leg=row["leg"],
            inputs=row["inputs"],
            refs=row["refs"],
            code=row["code"],
            owner=row["owner"],
            caller=row["caller"],
            has_started=row["started"],
            version=parse_version(row["spec"], row["plan"], row["signatures"]),
            orders=Orders.from_row(row["seq"], row["wish"], row["wished_by"], row["breakpoints"]),
            replays=row["replays"],
        )
        overlay = Overlay()
        if row["is_changed"]:
            changed = await cursor.execute(OVERLAY, {"run": run})
            overlay = Overlay.from_rows([tuple(it.values()) for it in await changed.fetchall()])
            record.literals = overlay.literals
        if not record.has_started and not row["forked"]:
            return record
        await cursor.execute(_ATTEMPTS, (run,))
        for step in await cursor.fetchall():
            attempt = Attempt(number=step.pop("attempt"), **step)
            if attempt.status == "completed" and attempt.path in overlay.outputs:
                attempt.original = attempt.outputs
                attempt.outputs = {**(attempt.outputs or {}), **overlay.outputs[attempt.path]}
            record.attempts.setdefault(attempt.path, []).append(attempt)
        await cursor.execute(_QUESTIONS, (run,))
        for asked in await cursor.fetchall():
            question = Question(**asked)
            record.questions.setdefault(question.path, []).append(question)
    return record


async def read_answers(pool: Pool, run: RunId, questions: list[str]) -> list[Question]:
    """Those of a run's questions that have been answered by now."""
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ANSWERED, (run, questions))
        return [Question(**row) for row in await cursor.fetchall()]
