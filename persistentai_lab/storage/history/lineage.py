"""What came of what: a graph of runs and of what they read and wrote in memory."""

from typing import Any

from psycopg import AsyncConnection

from ...ids import Json, Workspace
from ...memory.history.asks import Lineage

Connection = AsyncConnection[tuple[Any, ...]]
_Edge = tuple[str, str, str]
"""From, to, how. Of a thing: `layer:target@version`."""


async def lineage(connection: Connection, workspace: Workspace, query: Lineage) -> Json:
    """The graph around a thing, in networkx's node-link form: edges lead from cause to effect."""
    edges: dict[_Edge, None] = {}
    nodes: dict[str, int] = {query.of: 0}
    ways = {"up": (True,), "down": (False,), "both": (True, False)}[query.direction]
    is_cut = False
    for upward in ways:
        seen, wave = {query.of}, [query.of]
        for depth in range(1, query.depth + 1):
            found = await _next(connection, workspace, wave, upward)
            fresh: list[str] = []
            for edge in found:
                there = edge[0] if upward else edge[1]
                if there not in nodes and len(nodes) >= query.limit:
                    is_cut = True
                    continue
                nodes.setdefault(there, depth)
                nodes.setdefault(edge[1] if upward else edge[0], depth - 1)
                edges[edge] = None
                if there not in seen:
                    seen.add(there)
                    fresh.append(there)
            wave = fresh
            if not wave:
                break
        is_cut = is_cut or bool(wave)
    return {
        "directed": True,
        "multigraph": False,
        "graph": {"of": query.of, "is_cut": is_cut},
        "nodes": [{"id": name, "depth": depth, **_about(name)} for name, depth in nodes.items()],
        "edges": [{"source": a, "target": b, "how": how} for a, b, how in edges],
    }


async def _next(
    connection: Connection, workspace: Workspace, wave: list[str], upward: bool
) -> list[_Edge]:
    runs = [name.removeprefix("run:") for name in wave if name.startswith("run:")]
    things = [name for name in wave if not name.startswith("run:")]
    found: list[_Edge] = []
    if runs:
        key = {"workspace": workspace, "runs": runs, "mode": "read" if upward else "write"}
        for run, thing in await _rows(connection, _OF_RUNS, key):
            found.append(
                (thing, f"run:{run}", "read") if upward else (f"run:{run}", thing, "wrote")
            )
        for run, other, how in await _rows(connection, _UP if upward else _DOWN, key):
            ends = (f"run:{other}", f"run:{run}") if upward else (f"run:{run}", f"run:{other}")
            found.append((*ends, how))
    if things:
        layers, targets, versions = zip(*map(_parts, things), strict=True)
        key = {
            "workspace": workspace, "layers": list(layers), "targets": list(targets),
            "versions": list(versions), "mode": "write" if upward else "read",
        }  # fmt: skip
        for layer, target, version, run in await _rows(connection, _OF_THINGS, key):
            thing = f"{layer}:{target}@{version}" if version is not None else f"{layer}:{target}"
            found.append(
                (f"run:{run}", thing, "wrote") if upward else (thing, f"run:{run}", "read")
            )
    return found


async def _rows(connection: Connection, statement: Any, key: dict[str, Any]) -> list[Any]:
    return await (await connection.execute(statement, key)).fetchall()


def _parts(name: str) -> tuple[str, str, str | None]:
    """Layer, target and version of a thing. A target may have `@` in it; a version has none."""
    layer, _, rest = name.partition(":")
    target, at, version = rest.rpartition("@")
    return (layer, target, version) if at else (layer, rest, None)


def _about(name: str) -> dict[str, Json]:
    if name.startswith("run:"):
        return {"kind": "run", "run": name.removeprefix("run:")}
    layer, target, version = _parts(name)
    return {"kind": layer, "target": target, "version": version}


_OF_RUNS = """
SELECT DISTINCT run,
       layer || ':' || target || CASE WHEN version = '' THEN '' ELSE '@' || version END
FROM pai.step_touch WHERE workspace = %(workspace)s AND run = ANY(%(runs)s) AND mode = %(mode)s
"""
_OF_THINGS = """
SELECT DISTINCT w.layer, w.target, w.version, t.run
FROM unnest(%(layers)s::text[], %(targets)s::text[], %(versions)s::text[])
     AS w(layer, target, version)
     JOIN pai.step_touch t ON t.workspace = %(workspace)s AND t.layer = w.layer
          AND t.target = w.target AND (w.version IS NULL OR t.version = w.version)
WHERE t.mode = %(mode)s
"""
_UP = """
SELECT id, forked_from, 'forked' FROM pai.run
WHERE workspace = %(workspace)s AND id = ANY(%(runs)s) AND forked_from IS NOT NULL
UNION SELECT id, replays, 'replayed' FROM pai.run
WHERE workspace = %(workspace)s AND id = ANY(%(runs)s) AND replays IS NOT NULL
UNION SELECT run, reused_from, 'reused' FROM pai.step
WHERE workspace = %(workspace)s AND run = ANY(%(runs)s) AND reused_from IS NOT NULL
"""
_DOWN = """
SELECT forked_from, id, 'forked' FROM pai.run
WHERE workspace = %(workspace)s AND forked_from = ANY(%(runs)s)
UNION SELECT replays, id, 'replayed' FROM pai.run
WHERE workspace = %(workspace)s AND replays = ANY(%(runs)s)
UNION SELECT reused_from, run, 'reused' FROM pai.step
WHERE workspace = %(workspace)s AND reused_from = ANY(%(runs)s)
"""
