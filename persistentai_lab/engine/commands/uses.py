"""Which blobs a run refers to, noted by commands: no garbage is made of them while it is kept."""

import json

import sqlalchemy as sa

from ..records.commit import refs_of
from .append import execute


def note_uses(connection: sa.Connection, run: str) -> None:
    """Note what the rows of a run refer to by now. It is there until the transaction has ended."""
    texts = [text for (text,) in execute(connection, _REFERRING, {"run": run})]
    wanted = sorted({blob for text in texts for blob in refs_of(json.loads(text))})
    if not wanted:
        return
    hashes, types = ([blob[part] for blob in wanted] for part in (0, 1))
    execute(connection, _USE, {"run": run, "hashes": hashes, "types": types})


_REFERRING = """
SELECT refs::text FROM pai.run WHERE id = %(run)s AND refs::text <> '{}'
UNION ALL
SELECT outputs::text FROM pai.step WHERE run = %(run)s AND strpos(outputs::text, '"ref"') > 0
UNION ALL
SELECT json_build_object('value', value)::text FROM pai.override
WHERE run = %(run)s AND strpos(value::text, '"ref"') > 0
"""
_USE = """
INSERT INTO pai.blob_use (workspace, sha256, media_type, run)
SELECT r.workspace, b.sha256, b.media_type, r.id
FROM pai.run r, unnest(%(hashes)s::text[], %(types)s::text[]) AS b(sha256, media_type)
WHERE r.id = %(run)s
ORDER BY 2, 3
ON CONFLICT DO NOTHING
"""
