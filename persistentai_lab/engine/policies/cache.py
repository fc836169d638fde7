"""Results that are used again: of the same block and code on the same inputs, for a while.

They are kept for a workspace, beside the records of steps, which stay what they are. Losing one in
a crash costs nothing but its body.
"""

import json
from dataclasses import dataclass
from typing import Any

from ...ids import RunId, Workspace
from ...storage.pool import Pool
from ..records.commit import refs_of
from ..records.values import Value, raw_object


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that somebody else's body gave."""

    run: RunId
    outputs: dict[str, Value]


async def look_up(pool: Pool, workspace: Workspace, key: str, seconds: float) -> Kept | None:
    """A result that is young enough, and whose bytes are all there."""
    values: dict[str, Any] = {"workspace": workspace, "key": key, "seconds": seconds}
    async with pool.connection() as connection:
        row = await (await connection.execute(_LOOK_UP, values, prepare=True)).fetchone()
        if row is None:
            return None
        found: dict[str, Any] = json.loads(row[1])
        blobs = sorted(set(refs_of(found)))
        if blobs:
            hashes, types = ([blob[part] for blob in blobs] for part in (0, 1))
            values |= {"hashes": hashes, "types": types}
            held = await connection.execute(_HOLD, values, prepare=True)
            if held.rowcount != len(blobs):
                return None
    return Kept(RunId(row[0]), {name: Value.from_record(it) for name, it in found.items()})


async def keep(
    pool: Pool,
    workspace: Workspace,
    key: str,
    seconds: float,
    outputs: dict[str, Value],
    run: RunId,
    who: tuple[str, str],
) -> None:
    """Keep a result for so long; those whose time is over go."""
    values = {
        "workspace": workspace, "key": key, "seconds": seconds, "outputs": raw_object(outputs),
        "run": run, "owner": who[0], "caller": who[1],
    }  # fmt: skip
    async with pool.connection() as connection:
        await connection.execute(_KEEP, values, prepare=True)


_LOOK_UP = """
SELECT run, outputs::text FROM pai.kept_result
WHERE workspace = %(workspace)s AND key = %(key)s AND expires_at > now()
  AND made_at > now() - make_interval(secs => %(seconds)s)
"""
_HOLD = """
UPDATE pai.blob b SET used_at = now()
FROM unnest(%(hashes)s::text[], %(types)s::text[]) AS u(sha256, media_type)
WHERE b.workspace = %(workspace)s AND b.sha256 = u.sha256 AND b.media_type = u.media_type
"""
"""Bytes that were used just now are not collected before the step that uses them is recorded."""
_KEEP = """
WITH over AS (
    DELETE FROM pai.kept_result WHERE ctid IN (
        SELECT ctid FROM pai.kept_result
        WHERE expires_at < now() AND (workspace, key) <> (%(workspace)s, %(key)s)
        LIMIT 100 FOR UPDATE SKIP LOCKED)
)
INSERT INTO pai.kept_result (workspace, key, outputs, run, expires_at, owner, caller)
VALUES (%(workspace)s, %(key)s, %(outputs)s::json, %(run)s,
        now() + make_interval(secs => %(seconds)s), %(owner)s, %(caller)s)
ON CONFLICT (workspace, key) DO UPDATE SET
    outputs = excluded.outputs, run = excluded.run, made_at = now(),
    expires_at = excluded.expires_at, owner = excluded.owner, caller = excluded.caller
"""
