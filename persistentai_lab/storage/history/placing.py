"""Where values stand in history, by their hash: written when a run is sealed.

Not with each commit: then every step would pay for a search that few make. Runs that are not sealed
yet are few, and looked through.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

Connection = AsyncConnection[tuple[Any, ...]]


async def place_values(connection: Connection, runs: Sequence[str]) -> None:
    """Note where the values of runs stand. Twice is once."""
    await connection.execute(_PLACE, {"runs": list(runs)}, prepare=True)


AS_JSONB = """
CASE WHEN pg_input_is_valid({0}::text, 'jsonb') THEN {0}::jsonb ELSE '{{}}' END"""
"""Those with NUL escapes are passed over: nothing in Postgres can look into them."""
IN_SHORT = """
CASE WHEN v.value ? 'json' THEN jsonb_hash_extended(v.value -> 'json', 0)
     ELSE hashtextextended(coalesce(v.value ->> 'ref', v.value ->> 'sha256'), 0) END"""
"""Equal values have the same; a few others do, too: what is found is compared."""
_PLACE = f"""
INSERT INTO pai.value_place (workspace, hash, run, path, attempt)
SELECT s.workspace, {IN_SHORT}, s.run, s.path, s.attempt
FROM pai.step s, LATERAL jsonb_each({AS_JSONB.format("s.outputs")}) AS v
WHERE s.run = ANY(%(runs)s) AND s.status = 'completed' AND jsonb_typeof(v.value) = 'object'
  AND v.value ?| ARRAY['json', 'ref', 'sha256']
UNION
SELECT r.workspace, jsonb_hash_extended(v.value, 0), r.id, '', 0
FROM pai.run r, LATERAL jsonb_each({AS_JSONB.format("r.inputs")}) AS v WHERE r.id = ANY(%(runs)s)
UNION
SELECT r.workspace, hashtextextended(coalesce(v.value ->> 'ref', v.value ->> 'sha256'), 0), r.id,
       '', 0
FROM pai.run r, LATERAL jsonb_each(r.refs::jsonb) AS v
WHERE r.id = ANY(%(runs)s) AND v.value ?| ARRAY['ref', 'sha256']
ON CONFLICT DO NOTHING
"""
