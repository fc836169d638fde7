"""How a run comes to be, in one transaction: pinned, told of, given what it reuses, and queued."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ...errors import Conflict, FlowInvalid, Problem
from ...events import model as events
from ...flow.model import INPUT
from ...ids import NodeId, RunId
from ...security.identity import Identity
from ...storage.hints import EVENTS
from ..ability import KEEP, needed
from ..claim import partition
from ..clock import now
from ..legs import ENQUEUE, PROTOCOL, LegQueue
from ..records.overlay import TAKE_OVER_CHANGED
from .append import append, execute
from .hinting import note
from .pinned import Asked, Module, Pinned, Refs
from .reuse import TAKE_OVER, facts_of, path_in, read_past, reusable, whole
from .uses import note_uses


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted."""

    run: RunId
    status: str
    is_new: bool = True
    """Whether it was not started before, with the same key."""


class KeyReused(Conflict):
    """An idempotency key came again with another flow, other code or other inputs."""

    code = "idempotency_key_reused"

    def __init__(self, run: RunId) -> None:
        super().__init__(
            f"This idempotency key has started run {run}, which was asked for otherwise.",
            remedy="Send exactly what was sent then, or use a new key.",
        )


def insert_run(queue: LegQueue, connection: sa.Connection, asked: Asked) -> Started:
    """Pin and queue. What is reused of another run is recorded before anybody walks."""
    version, row = asked.version, asked.row()
    needs = needed(version.spec, version.signatures.values(), PROTOCOL)
    part = partition(asked.by.workspace, version.name, needs.hash)
    queued = events.RunQueued(leg=1)
    told = [*_begun(asked), *([queued] if asked.reuse is None else [])]
    hold_bytes(connection, asked.by, asked.refs)
    values = {
        **row, **version.row, **needs.row(),
        **queue.values(asked.run, 1, part=part, priority=asked.priority),
        "at": now(), "count": len(told), "bodies": [fact.model_dump_json() for fact in told],
    }  # fmt: skip
    if not execute(connection, _RUN, values).rowcount:
        return _started_before(connection, asked, row)
    note(connection)
    note(connection, EVENTS, asked.run, f":{len(told)}")
    if asked.reuse is not None:
        _take_over(connection, asked, asked.reuse)
        append(connection, asked.run, [queued])
    if asked.refs or asked.reuse is not None:
        note_uses(connection, asked.run)
    return Started(asked.run, "queued")


def _begun(asked: Asked) -> list[events.Event]:
    version = asked.version
    created = events.RunCreated(
        flow=version.name,
        flow_hash=version.flow_hash,
        steps=len(version.spec.nodes),
        trigger=None if asked.trigger is None else events.Trigger.model_validate(asked.trigger),
        parent=asked.parent,
    )
    paths = dict(version.plan.paths)
    return [created, events.PlanCompiled(plan_hash=version.plan.hash, paths=paths)]


def _started_before(connection: sa.Connection, asked: Asked, row: Mapping[str, object]) -> Started:
    status, *before = execute(connection, _SAME, row).one()
    given = (json.loads(str(row[it])) for it in ("code", "inputs", "refs"))
    if before != [row["flow_hash"], *given, row["forked_from"]]:
        raise KeyReused(asked.run)
    return Started(asked.run, status, is_new=False)


def keep_version(connection: sa.Connection, version: Pinned, who: Mapping[str, str]) -> None:
    """Keep what runs are pinned to. Twice is once."""
    execute(connection, _VERSION, {**who, **version.row})


def keep_code(
    connection: sa.Connection, modules: tuple[Module, ...], who: Mapping[str, str]
) -> None:
    """Keep people's own code. Twice is once."""
    for module in modules:
        execute(connection, _CODE, {**who, **module.row()})


def hold_bytes(connection: sa.Connection, by: Identity, refs: Refs) -> None:
    """Keep the bytes of values from being collected while the run comes to refer to them."""
    if not refs:
        return
    wanted = [str(ref["ref"]) for ref in refs.values()]
    rows = execute(connection, _BYTES, {"workspace": by.workspace, "wanted": wanted})
    there = {(sha256, media_type) for sha256, media_type in rows}
    lost = [n for n, ref in refs.items() if (ref["ref"], ref["media_type"]) not in there]
    if lost:
        raise FlowInvalid([_not_there(name) for name in lost])


def _not_there(name: str) -> Problem:
    message = f"The bytes of the input {name!r} are not here."
    return Problem("blob_missing", message, "Send them to `/blobs` first.", INPUT, name)


def _take_over(connection: sa.Connection, asked: Asked, source: RunId) -> None:
    past = read_past(connection, source, asked.by.workspace)
    version = asked.version
    given = whole(asked.inputs, asked.refs)
    nodes = reusable(past, version.spec, version.plan, asked.code, given, asked.anew)
    at = NodeId(asked.anew[0]) if asked.anew else None
    forked = events.RunForked(source=source, at=at, reused=len(nodes))
    append(connection, asked.run, [forked])
    if not nodes:
        return
    paths = [path_in(version.plan, past, node) for node in nodes]
    taken = {"run": asked.run, "source": source, "nodes": nodes, "paths": paths, **asked.who}
    execute(connection, TAKE_OVER, taken)
    execute(connection, TAKE_OVER_CHANGED, taken)
    facts: list[events.Event] = list(facts_of(past, nodes))
    append(connection, asked.run, facts, paths=paths, nodes=nodes)


_BYTES = """
SELECT sha256, media_type FROM pai.blob
WHERE workspace = %(workspace)s AND sha256 = ANY(%(wanted)s) FOR KEY SHARE
"""
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
_RUN = f"""
WITH version AS ({_VERSION}), needs AS ({KEEP}),
run AS (
    INSERT INTO pai.run
        (workspace, id, flow, flow_hash, plan_hash, code, status, inputs, refs, steps, seq,
         forked_from, priority, trigger, needs, owner, caller)
    VALUES (%(workspace)s, %(id)s, %(flow)s, %(flow_hash)s, %(plan_hash)s, %(code)s, 'queued',
            %(inputs)s, %(refs)s, %(steps)s, %(count)s, %(forked_from)s, %(priority)s, %(trigger)s,
            %(needs)s, %(owner)s, %(caller)s)
    ON CONFLICT DO NOTHING RETURNING workspace, id, owner, caller
),
told AS (
    INSERT INTO pai.event (workspace, run, seq, at, owner, caller, body)
    SELECT run.workspace, run.id, e.n, %(at)s, run.owner, run.caller, e.body::json
    FROM run, unnest(%(bodies)s::text[]) WITH ORDINALITY AS e(body, n)
),
{ENQUEUE.format(of="FROM run")}
SELECT FROM run
"""
_SAME = """
SELECT status, flow_hash, code, inputs, refs, forked_from FROM pai.run WHERE id = %(id)s
"""
