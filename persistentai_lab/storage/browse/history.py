"""Runs and their steps in the tree, by flow.

Ids: `@report` a flow, `r-…` a run, `r-…/s0/fetch` a step by its path.
"""

from datetime import datetime
from typing import Any, Final

from ...memory.author import Author
from .model import Entry, Item, LayerHead, Link, Page, Shown, Version
from .shelf import Connection, containing, gone, paged, rows


class HistoryShelf:
    """What runs did."""

    changes: Final = """
    SELECT created_at AS at FROM pai.run WHERE workspace = %(workspace)s
    UNION ALL SELECT ended_at FROM pai.run WHERE workspace = %(workspace)s AND ended_at IS NOT NULL
    """

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """Runs."""
        (now,) = await rows(connection, _HEAD, workspace=author.workspace, at=at)
        mark = f"{now['count']}.{now['seq']}"
        return LayerHead(
            layer="history", count=now["count"], mark=mark, updated_at=now["updated_at"]
        )

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """Flows, runs of a flow (the newest first), steps of a run."""
        known = {"workspace": author.workspace, "at": at, "limit": limit + 1}
        if not under:
            flows = await rows(connection, _FLOWS, **known)
            return Page(
                items=[
                    Item(id=f"@{row['flow']}", name=row["flow"], kind="folder",
                         count=row["count"], at=row["at"])
                    for row in flows
                ]
            )  # fmt: skip
        if under.startswith("@"):
            before = datetime.fromisoformat(after) if after else None
            found = await rows(connection, _RUNS, flow=under[1:], before=before, **known)
            last = found[:limit][-1]["created_at"].isoformat() if found else ""
            return paged([_run(row) for row in found], limit, last)
        steps = await rows(connection, _STEPS, run=under, **known)
        return Page(items=[_step(row) for row in steps[:limit]])

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Runs by flow or id, steps by node or block."""
        known = {"workspace": author.workspace, "like": containing(text), "at": at}
        runs = await rows(connection, _FIND_RUNS, limit=limit, **known)
        steps = await rows(connection, _FIND_STEPS, limit=limit, **known)
        return [
            *(_run(row).model_copy(update={"name": f"{row['flow']} {row['id']}"}) for row in runs),
            *(_step(row) for row in steps),
        ]

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A run or a step."""
        run, _, path = id.partition("/")
        found = await rows(connection, _RUN, workspace=author.workspace, run=run)
        if not found or (at and found[0]["created_at"] > at):
            raise gone(f"run {run!r}", at)
        if path:
            return await self._step(connection, author, id, found[0], path)
        return await self._run(connection, author, id, found[0])

    async def _run(
        self, connection: Connection, author: Author, id: str, run: dict[str, Any]
    ) -> Entry:
        said = {"inputs": run["inputs"], "outputs": _plain(run["outputs"])}
        if run["error"]:
            said["error"] = run["error"]
        wrote = await rows(connection, _WROTE, workspace=author.workspace, run=id)
        return Entry(
            layer="history", id=id, title=f"{run['flow']} · {id}", what="run",
            at=run["created_at"], by=run["caller"], shown=Shown(kind="json", value=said),
            facts=[("Flow", run["flow"]), ("State", run["status"]), ("Version", run["flow_hash"])],
            links=[_written(row) for row in wrote],
        )  # fmt: skip

    async def _step(
        self, connection: Connection, author: Author, id: str, run: dict[str, Any], path: str
    ) -> Entry:
        found = await rows(connection, _STEP, workspace=author.workspace, run=run["id"], path=path)
        if not found:
            raise gone(f"step {path!r} in this run", None)
        step = found[0]
        said = {"outputs": _plain(step["outputs"])}
        if step["error"]:
            said["error"] = step["error"]
        wrote = await rows(connection, _WROTE, workspace=author.workspace, run=run["id"])
        return Entry(
            layer="history", id=id, title=f"{step['node']} · {run['flow']}", what="step",
            at=step["ended_at"] or step["started_at"], by=run["caller"],
            shown=Shown(kind="json", value=said),
            facts=[
                ("Block", step["block"]), ("State", step["status"]), ("Effect", step["effect"]),
                ("Attempt", step["attempt"]),
            ],
            links=[
                Link(says="In", label=f"run {run['id']}", layer="history", id=run["id"]),
                *(_written(row) for row in wrote if row["path"] == path),
            ],
        )  # fmt: skip

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """What was, stays."""
        return []


def _plain(outputs: dict[str, Any] | None) -> Any:
    """Values as they are; of those by reference, what is known of them."""
    return {
        name: value.get("json", value) if isinstance(value, dict) else value
        for name, value in (outputs or {}).items()
    }


def _written(row: dict[str, Any]) -> Link:
    return Link(
        says="Wrote", label=row["label"], layer=row["layer"], id=row["id"], version=row["version"]
    )


def _run(row: dict[str, Any]) -> Item:
    return Item(
        id=row["id"], name=f"{row['created_at']:%d %b %H:%M:%S}", kind="group", icon=row["status"],
        about=row["id"], at=row["created_at"],
    )  # fmt: skip


def _step(row: dict[str, Any]) -> Item:
    again = f" · attempt {row['attempt']}" if row["attempt"] > 1 else ""
    state = {"started": "running"}.get(row["status"], row["status"])
    return Item(
        id=f"{row['run']}/{row['path']}", name=row["node"], icon=state,
        about=f"{row['block']}{again}", at=row["ended_at"] or row["started_at"],
    )  # fmt: skip


_THEN: Final = "(%(at)s::timestamptz IS NULL OR created_at <= %(at)s)"
_HEAD: Final = f"""
SELECT count(*) FILTER (WHERE {_THEN}) AS count, coalesce(sum(seq), 0)::bigint AS seq,
       greatest(max(created_at), max(ended_at)) AS updated_at
FROM pai.run WHERE workspace = %(workspace)s
"""
_FLOWS: Final = f"""
SELECT flow, count(*) AS count, max(created_at) AS at FROM pai.run
WHERE workspace = %(workspace)s AND {_THEN} GROUP BY flow ORDER BY flow
"""
_STATE: Final = """
id, flow, created_at, CASE WHEN %(at)s::timestamptz IS NULL OR ended_at <= %(at)s THEN status
    WHEN started_at <= %(at)s THEN 'running' ELSE 'queued' END AS status
"""
_RUNS: Final = f"""
SELECT {_STATE} FROM pai.run WHERE workspace = %(workspace)s AND flow = %(flow)s AND {_THEN}
  AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s)
ORDER BY created_at DESC LIMIT %(limit)s
"""
_RUN: Final = """
SELECT id, flow, flow_hash, status, inputs, outputs, error, caller, created_at FROM pai.run
WHERE workspace = %(workspace)s AND id = %(run)s
"""
_STEP_ROW: Final = "run, path, node, block, effect, attempt, status, started_at, ended_at"
_STEPS: Final = f"""
SELECT {_STEP_ROW} FROM pai.step WHERE workspace = %(workspace)s AND run = %(run)s
  AND (%(at)s::timestamptz IS NULL OR started_at <= %(at)s)
ORDER BY started_at NULLS LAST, path, attempt LIMIT %(limit)s
"""
_STEP: Final = f"""
SELECT {_STEP_ROW}, outputs, error FROM pai.step
WHERE workspace = %(workspace)s AND run = %(run)s AND path = %(path)s
ORDER BY attempt DESC LIMIT 1
"""
_FIND_RUNS: Final = f"""
SELECT {_STATE} FROM pai.run WHERE workspace = %(workspace)s AND {_THEN}
  AND (flow ILIKE %(like)s OR id ILIKE %(like)s) ORDER BY created_at DESC LIMIT %(limit)s
"""
_FIND_STEPS: Final = f"""
SELECT {_STEP_ROW} FROM pai.step WHERE workspace = %(workspace)s
  AND (node ILIKE %(like)s OR block ILIKE %(like)s)
  AND (%(at)s::timestamptz IS NULL OR started_at <= %(at)s)
ORDER BY started_at DESC NULLS LAST LIMIT %(limit)s
"""
_WROTE: Final = """
SELECT 'feed' AS layer, feed || '//' || seq AS id, feed || ' #' || seq AS label, path,
       NULL AS version
FROM pai.feed_entry WHERE workspace = %(workspace)s AND run = %(run)s
UNION ALL
SELECT 'files', c.branch || '/' || f.path, f.path, c.path, encode(c.hash, 'hex')
FROM pai.file_commit c JOIN pai.file f ON f.workspace = c.workspace AND f.line = c.line
  AND f.from_commit = c.id AND f.sha256 IS NOT NULL
WHERE c.workspace = %(workspace)s AND c.run = %(run)s
UNION ALL
SELECT 'records', 'd/' || collection || '/' || id, collection || '/' || id, path, rev::text
FROM pai.doc_rev WHERE workspace = %(workspace)s AND run = %(run)s
UNION ALL
SELECT 'records', 'k/' || key, key, path, NULL
FROM pai.record WHERE workspace = %(workspace)s AND run = %(run)s
UNION ALL
SELECT 'knowledge', 'f/' || id, coalesce(subject, '?') || ' ' || predicate, path, NULL
FROM pai.fact WHERE workspace = %(workspace)s AND run = %(run)s
LIMIT 50
"""
