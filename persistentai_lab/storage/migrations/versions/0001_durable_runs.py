"""Runs, their steps, their events, and the records that steps write.

Every table carries workspace, owner and caller. Columns that hold values are `json`, not `jsonb`:
a recorded value comes back byte for byte (key order, big numbers, NUL escapes). Only `record`
is `jsonb`, because appending happens inside the database.
"""

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS pai;

CREATE TABLE pai.flow_version (
    workspace  text NOT NULL,
    flow_hash  text NOT NULL,
    plan_hash  text NOT NULL,
    name       text NOT NULL,
    spec       json NOT NULL,
    plan       json NOT NULL,
    signatures json NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, flow_hash, plan_hash)
);

CREATE TABLE pai.code (
    workspace  text NOT NULL,
    sha256     text NOT NULL,
    module     text NOT NULL,
    source     text NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, sha256, module)
);

CREATE TABLE pai.run (
    workspace  text NOT NULL,
    id         text PRIMARY KEY,
    flow       text NOT NULL,
    flow_hash  text NOT NULL,
    plan_hash  text NOT NULL,
    code       json NOT NULL,
    status     text NOT NULL CHECK (status IN
               ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
    leg        integer NOT NULL DEFAULT 1,
    seq        bigint NOT NULL DEFAULT 0,
    batch      uuid,
    inputs     json NOT NULL,
    outputs    json,
    error      json,
    steps      integer NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at   timestamptz,
    FOREIGN KEY (workspace, flow_hash, plan_hash) REFERENCES pai.flow_version
);
COMMENT ON COLUMN pai.run.seq IS 'Position of the last event; allocated under this row''s lock.';
COMMENT ON COLUMN pai.run.batch IS 'The last commit of a leg: a repeated commit knows itself.';
CREATE INDEX run_by_time ON pai.run (workspace, created_at DESC);
CREATE INDEX run_unfinished ON pai.run (created_at)
    WHERE status IN ('queued', 'running', 'waiting');

CREATE TABLE pai.step (
    workspace  text NOT NULL,
    run        text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    path       text NOT NULL,
    attempt    integer NOT NULL,
    node       text NOT NULL,
    block      text NOT NULL,
    version    integer NOT NULL,
    effect     text NOT NULL,
    status     text NOT NULL CHECK (status IN ('started', 'completed', 'failed', 'skipped')),
    leg        integer NOT NULL,
    worker     text NOT NULL,
    outputs    json,
    error      json,
    owner      text NOT NULL,
    caller     text NOT NULL,
    started_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (run, path, attempt)
);
CREATE UNIQUE INDEX step_recorded_once ON pai.step (run, path)
    WHERE status IN ('completed', 'skipped');

CREATE TABLE pai.event (
    workspace text NOT NULL,
    run       text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    seq       bigint NOT NULL,
    at        timestamptz NOT NULL,
    path      text,
    node      text,
    attempt   integer,
    owner     text NOT NULL,
    caller    text NOT NULL,
    body      json NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE pai.question (
    workspace   text NOT NULL,
    id          text NOT NULL,
    run         text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    path        text NOT NULL,
    node        text NOT NULL,
    attempt     integer NOT NULL,
    text        text NOT NULL,
    choices     json NOT NULL,
    owner       text NOT NULL,
    caller      text NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    answer      json,
    answered_by text,
    answered_at timestamptz,
    PRIMARY KEY (run, id)
);

CREATE TABLE pai.record (
    workspace  text NOT NULL,
    key        text NOT NULL,
    value      jsonb NOT NULL,
    revision   bigint NOT NULL DEFAULT 1,
    run        text,
    path       text,
    owner      text NOT NULL,
    caller     text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, key)
);

CREATE TABLE pai.blob (
    workspace  text NOT NULL,
    sha256     text NOT NULL,
    media_type text NOT NULL,
    size       bigint NOT NULL,
    data       bytea,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, sha256, media_type)
);
COMMENT ON COLUMN pai.blob.data IS 'NULL when the bytes lie outside the database.';

CREATE TABLE pai.worker (
    slot       integer PRIMARY KEY,
    executor   text NOT NULL,
    pid        integer NOT NULL,
    host       text NOT NULL,
    beat       bigint NOT NULL DEFAULT 0,
    status     text NOT NULL CHECK (status IN ('alive', 'stopped')),
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pai.worker IS 'Who holds which slot. Not of any workspace: a worker serves all.';
"""


def upgrade() -> None:
    """Create the first tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them, with everything in them."""
    op.execute("DROP SCHEMA pai CASCADE")
