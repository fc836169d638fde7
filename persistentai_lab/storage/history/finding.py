"""Which steps gave a value, and which were given it.

A value that is given whole is found by its hash (`placing.py`). Values stand as text in the records
of steps (they come back byte for byte), so there is no index over what is *in* them: what contains
a value, and what is known by its SHA-256 alone, is looked for in the steps of a span of time.
"""

from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from ...ids import Json, Workspace
from ...memory.history import derive
from ...memory.history.asks import MadeBy, RanWith
from ...memory.history.model import Where
from ...memory.storable import storable
from ..tombstone import of_json
from .clauses import where
from .placing import AS_JSONB

Connection = AsyncConnection[tuple[Any, ...]]
_Values = dict[str, Any]


async def made_by(
    connection: Connection, workspace: Workspace, query: MadeBy | RanWith
) -> list[Where]:
    """Which steps gave it, the newest first."""
    statement = _MADE.format(among=_among(query, _STEPS_AMONG)) + _in_time(query) + _LAST
    rows = await (await connection.execute(statement, _values(workspace, query))).fetchall()
    return [
        Where(run=run, flow=flow, node=node, path=path, port=port, at=at)
        for run, flow, node, path, port, at in rows
    ]


async def ran_with(connection: Connection, workspace: Workspace, query: RanWith) -> list[Where]:
    """Which steps were given it: by an edge, as an input of the flow, or as a literal."""
    found: dict[tuple[str, str, str], Where] = {}
    specs = _Specs(connection, workspace)
    for made in await made_by(connection, workspace, query):
        place = derive.locate(await specs.of(made.run), made.node)
        for node, port in derive.consumers(place, made.port) if place else ():
            _add(found, made, node, port, "edge")
    values = _values(workspace, query)
    statement = _GIVEN.format(among=_among(query, _RUNS_AMONG)) + _in_time(query) + _LAST
    for run, flow, name, at in await (await connection.execute(statement, values)).fetchall():
        given = Where(run=run, flow=flow, node="", port=name, at=at)
        for node, port in derive.consumers_of_input(await specs.of(run), name):
            _add(found, given, node, port, "flow_input")
    if query.sha256 is None:
        await _literals(connection, workspace, query, found)
    ran = await connection.execute(_RAN, (workspace, [key[0] for key in found]))
    began = set(await ran.fetchall())
    return [it for it in found.values() if (it.run, it.node) in began][: query.limit]


async def _literals(
    connection: Connection,
    workspace: Workspace,
    query: RanWith,
    found: dict[tuple[str, str, str], Where],
) -> None:
    """Nodes whose literal it is, in all runs of flows that have such a node."""

    def is_it(value: Json) -> bool:
        holds = derive.contains(value, query.value)
        return holds and (query.contains or derive.contains(query.value, value))

    versions = await connection.execute(_VERSIONS, {"workspace": workspace})
    for flow_hash, spec in await versions.fetchall():
        nodes = list(derive.literals(derive.parse(spec), is_it))
        if not nodes:
            continue
        values = {**_values(workspace, query), "flow_hash": flow_hash}
        statement = _RUNS_OF + _in_time(query) + _LAST
        for run, flow, at in await (await connection.execute(statement, values)).fetchall():
            for node, port in nodes:
                _add(
                    found, Where(run=run, flow=flow, node="", port="", at=at), node, port, "literal"
                )


class _Specs:
    """Flows of runs, each read once."""

    def __init__(self, connection: Connection, workspace: Workspace) -> None:
        self._connection = connection
        self._workspace = workspace
        self._found: dict[str, str] = {}

    async def of(self, run: str) -> Any:
        if run not in self._found:
            cursor = await self._connection.execute(_SPEC, (self._workspace, run))
            row = await cursor.fetchone()
            assert row is not None
            self._found[run] = row[0]
        return derive.parse(self._found[run])


def _add(
    found: dict[tuple[str, str, str], Where], base: Where, node: str, port: str, source: str
) -> None:
    there = {"node": node, "port": port, "path": None, "source": source}
    found.setdefault((base.run, node, port), base.model_copy(update=there))


def _values(workspace: Workspace, query: MadeBy | RanWith) -> _Values:
    values: _Values = {"workspace": workspace, **query.model_dump()}
    _, values["value"] = storable(query.value)
    gone = of_json(query.value, _NEVER) if query.sha256 is None else None
    values["hash"] = query.sha256 or (gone["sha256"] if isinstance(gone, dict) else None)
    values["by_hash"] = query.sha256 is not None
    return values


def _among(query: MadeBy | RanWith, places: str) -> str:
    """Where it can be, where that is known."""
    return places if query.sha256 is None and not query.contains else ""


def _in_time(query: MadeBy | RanWith) -> Any:
    return where(
        (query.since, "r.created_at >= %(since)s"), (query.until, "r.created_at <= %(until)s")
    )


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_IS_IT = """
    (v.value ->> 'ref' = %(hash)s OR v.value ->> 'sha256' = %(hash)s
     OR (NOT %(by_hash)s AND v.value ? 'json' AND CASE WHEN %(contains)s
         THEN v.value -> 'json' @> %(value)s::jsonb ELSE v.value -> 'json' = %(value)s::jsonb END))
"""
_BRACED = AS_JSONB.replace("{{}}", "{{{{}}}}")  # formatted twice
_PLACED = """
    SELECT i.run, i.path, i.attempt FROM pai.value_place i WHERE i.workspace = %(workspace)s
      AND i.hash IN (jsonb_hash_extended(%(value)s::jsonb, 0), hashtextextended(%(hash)s, 0))"""
_STEPS_AMONG = f"""
  AND (s.run, s.path, s.attempt) IN ({_PLACED}
    UNION ALL SELECT o.run, o.path, o.attempt FROM pai.run u JOIN pai.step o ON o.run = u.id
    WHERE u.workspace = %(workspace)s AND NOT u.is_sealed)"""
_RUNS_AMONG = f"""
  AND r.id IN (SELECT placed.run FROM ({_PLACED} AND i.path = '') AS placed
    UNION ALL SELECT u.id FROM pai.run u WHERE u.workspace = %(workspace)s AND NOT u.is_sealed)"""
_MADE = f"""
SELECT s.run, r.flow, s.node, s.path, v.key, s.ended_at
FROM pai.step s JOIN pai.run r ON r.id = s.run,
     LATERAL jsonb_each({_BRACED.format("s.outputs")}) AS v
WHERE s.workspace = %(workspace)s AND s.status = 'completed'{{among}} AND {_IS_IT}"""
_GIVEN = f"""
SELECT r.id, r.flow, v.key, r.created_at
FROM pai.run r,
     LATERAL (SELECT key, jsonb_build_object('json', value)
              FROM jsonb_each({_BRACED.format("r.inputs")})
              UNION ALL SELECT key, value FROM jsonb_each(r.refs::jsonb)) AS v(key, value)
WHERE r.workspace = %(workspace)s{{among}} AND {_IS_IT}"""
_RUNS_OF = """
SELECT r.id, r.flow, r.created_at FROM pai.run r
WHERE r.workspace = %(workspace)s AND r.flow_hash = %(flow_hash)s"""
_LAST = " ORDER BY r.created_at DESC LIMIT %(limit)s"
_VERSIONS = """
SELECT flow_hash, spec::text FROM pai.flow_version WHERE workspace = %(workspace)s"""
_SPEC = """
SELECT v.spec::text FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE r.workspace = %s AND r.id = %s
"""
_RAN = "SELECT DISTINCT run, node FROM pai.step WHERE workspace = %s AND run = ANY(%s)"
