"""How long values are kept, what stays when they are let go of, and which run refers to which blob.

`*_sha256` columns are the hash of a value's text as it was recorded, filled in when the text is
replaced; a chain over hashes takes them where they are there, and the hash of the text elsewhere.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0011"

TABLES = """
CREATE TABLE pai.retention (
    workspace        text PRIMARY KEY,
    keep_days        integer CHECK (keep_days >= 0),
    keep_failed_days integer CHECK (keep_failed_days >= 0),
    keep_last        integer NOT NULL CHECK (keep_last >= 0),
    owner            text NOT NULL,
    caller           text NOT NULL,
    updated_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pai.retention IS
    'How long a workspace keeps the values of ended runs; NULL days are for ever.';

ALTER TABLE pai.run ADD COLUMN expired_at timestamptz;
ALTER TABLE pai.run ADD COLUMN is_emptied boolean NOT NULL DEFAULT false;
ALTER TABLE pai.run ADD COLUMN inputs_sha256 bytea;
ALTER TABLE pai.run ADD COLUMN outputs_sha256 bytea;
ALTER TABLE pai.step ADD COLUMN outputs_sha256 bytea;
ALTER TABLE pai.event ADD COLUMN body_sha256 bytea;
COMMENT ON COLUMN pai.run.expired_at IS
    'From when on its values are let go of; when `is_emptied`, the last of them is gone.';
CREATE INDEX run_to_expire ON pai.run (workspace, flow, created_at DESC)
    WHERE ended_at IS NOT NULL AND expired_at IS NULL;
CREATE INDEX run_to_empty ON pai.run (expired_at) WHERE expired_at IS NOT NULL AND NOT is_emptied;
CREATE INDEX run_replaying ON pai.run (replays) WHERE replays IS NOT NULL AND ended_at IS NULL;

ALTER TABLE pai.blob ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN pai.blob.used_at IS 'When somebody last kept these bytes, roughly.';
CREATE INDEX blob_by_use ON pai.blob (used_at);

CREATE TABLE pai.blob_use (
    workspace  text NOT NULL,
    sha256     text NOT NULL,
    media_type text NOT NULL,
    run        text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    PRIMARY KEY (workspace, sha256, media_type, run),
    FOREIGN KEY (workspace, sha256, media_type) REFERENCES pai.blob
);
COMMENT ON TABLE pai.blob_use IS
    'Which run refers to which blob. The foreign key takes FOR KEY SHARE on the blob, so that '
    'collecting garbage and a commit that refers to it can''t miss each other.';
CREATE INDEX blob_use_by_run ON pai.blob_use (run);
"""
_REFERRING = """
SELECT workspace, id, refs::text FROM pai.run WHERE refs::text <> '{}'
UNION ALL
SELECT workspace, run, outputs::text FROM pai.step WHERE outputs::text LIKE '%"ref"%'
"""
_USE = """
INSERT INTO pai.blob_use (workspace, sha256, media_type, run)
SELECT workspace, sha256, media_type, :run FROM pai.blob
WHERE workspace = :workspace AND sha256 = :sha256 AND media_type = :media_type
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Add them, and note what is referred to already."""
    op.execute(TABLES)
    connection = op.get_bind()
    for workspace, run, values in connection.execute(sa.text(_REFERRING)):
        for sha256, media_type in _refs(values):
            use = {"workspace": workspace, "run": run, "sha256": sha256, "media_type": media_type}
            connection.execute(sa.text(_USE), use)


def downgrade() -> None:
    """Drop them. What was let go of stays gone."""
    op.execute("DROP TABLE pai.blob_use, pai.retention")
    op.execute("DROP INDEX pai.run_to_expire, pai.run_to_empty, pai.run_replaying")
    for table, column in (
        ("run", "expired_at"),
        ("run", "is_emptied"),
        ("run", "inputs_sha256"),
        ("run", "outputs_sha256"),
        ("step", "outputs_sha256"),
        ("event", "body_sha256"),
        ("blob", "used_at"),
    ):
        op.execute(f"ALTER TABLE pai.{table} DROP COLUMN {column}")


def _refs(values: str) -> Iterator[tuple[str, str]]:
    for value in json.loads(values).values():
        if isinstance(value, dict) and "ref" in value:
            yield value["ref"], value["media_type"]
