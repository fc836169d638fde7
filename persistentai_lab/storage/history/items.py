"""All that is recorded of a run, as the items of its proof, in pages."""

from collections.abc import AsyncIterator
from typing import Any

from psycopg import AsyncConnection

from ...ids import Workspace

Connection = AsyncConnection[tuple[Any, ...]]
Row = tuple[list[str | None], bytes, str | None, bool]
"""Kind and facts, hash of the value, its text or what is left of it, whether it was let go of."""
PAGE = 1_000
NOTHING = "'\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'::bytea"


async def items(
    connection: Connection, workspace: Workspace, run: str, seq: int
) -> AsyncIterator[list[Row]]:
    """The items of a run, up to an event. To be read in one transaction."""
    key = {"workspace": workspace, "run": run, "seq": seq}
    for number, statement in enumerate((_RUN, _OUTPUTS, _STEPS, _TOUCHES, _EVENTS)):
        async with connection.cursor(f"items_{number}", scrollable=False) as cursor:
            await cursor.execute(statement, key, binary=True)
            while rows := await cursor.fetchmany(PAGE):
                yield rows


def _us(column: str) -> str:
    return f"((extract(epoch FROM {column}) * 1000000)::bigint)::text"


def _hash(text: str, kept: str) -> str:
    """Of a value's text as it was recorded."""
    return f"coalesce({kept}, sha256(convert_to({text}, 'UTF8')), {NOTHING})"


_INPUTS = "json_build_object('inputs', inputs, 'refs', refs)::text"
_RUN = f"""
SELECT ARRAY['run', id, flow, flow_hash, plan_hash, code::text, status, owner, caller,
             {_us("created_at")}, {_us("started_at")}, {_us("ended_at")}, forked_from, replays,
             error::text],
       {_hash(_INPUTS, "inputs_sha256")}, {_INPUTS}, inputs_sha256 IS NOT NULL
FROM pai.run WHERE workspace = %(workspace)s AND id = %(run)s
"""
_OUTPUTS = f"""
SELECT ARRAY['outputs'], {_hash("outputs::text", "outputs_sha256")}, outputs::text,
       outputs_sha256 IS NOT NULL
FROM pai.run WHERE workspace = %(workspace)s AND id = %(run)s
"""
_STEPS = f"""
SELECT ARRAY['step', path, attempt::text, node, block, version::text, effect, status, leg::text,
             worker, owner, caller, {_us("started_at")}, {_us("ended_at")}, error::text, cost::text,
             reused_from],
       {_hash("outputs::text", "outputs_sha256")}, outputs::text, outputs_sha256 IS NOT NULL
FROM pai.step WHERE workspace = %(workspace)s AND run = %(run)s
ORDER BY path COLLATE "C", attempt
"""
_TOUCHES = f"""
SELECT ARRAY['touch', path, attempt::text, layer, target, version, mode], {NOTHING}, NULL::text,
       false
FROM pai.step_touch WHERE workspace = %(workspace)s AND run = %(run)s
ORDER BY path COLLATE "C", attempt, layer COLLATE "C", target COLLATE "C", version COLLATE "C", mode
"""
_EVENTS = f"""
SELECT ARRAY['event', seq::text, {_us("at")}, path, node, attempt::text, owner, caller],
       {_hash("body::text", "body_sha256")}, body::text, body_sha256 IS NOT NULL
FROM pai.event WHERE workspace = %(workspace)s AND run = %(run)s AND seq <= %(seq)s ORDER BY seq
"""
