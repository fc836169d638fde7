"""What starts runs by itself (schedules, webhooks), and what runs wait for: times and signals."""

from alembic import op

revision = "0008"
down_revision = "0004"

SCHEMA = """
CREATE TABLE pai.schedule (
    workspace  text NOT NULL,
    name       text NOT NULL,
    flow_hash  text NOT NULL,
    plan_hash  text NOT NULL,
    code       json NOT NULL,
    inputs     json NOT NULL,
    cron       text,
    zone       text NOT NULL,
    missed     text NOT NULL CHECK (missed IN ('skip', 'once', 'all')),
    is_on      boolean NOT NULL DEFAULT true,
    next_at    timestamptz,
    last_at    timestamptz,
    last_run   text,
    fired      bigint NOT NULL DEFAULT 0,
    skipped    bigint NOT NULL DEFAULT 0,
    error      json,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, name),
    FOREIGN KEY (workspace, flow_hash, plan_hash) REFERENCES pai.flow_version
);
COMMENT ON COLUMN pai.schedule.cron IS 'NULL: it fires once only, at `next_at`.';
COMMENT ON COLUMN pai.schedule.next_at IS 'By the database''s clock; NULL when nothing is to come.';
COMMENT ON COLUMN pai.schedule.error IS 'Why its last firing started no run.';
CREATE INDEX schedule_due ON pai.schedule (next_at) WHERE is_on;

CREATE TABLE pai.webhook (
    workspace  text NOT NULL,
    name       text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    signature  text NOT NULL CHECK (signature IN ('none', 'standard', 'github')),
    secret     text,
    flow_hash  text NOT NULL,
    plan_hash  text NOT NULL,
    code       json NOT NULL,
    inputs     json NOT NULL,
    body_input text,
    is_on      boolean NOT NULL DEFAULT true,
    last_at    timestamptz,
    last_run   text,
    received   bigint NOT NULL DEFAULT 0,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, name),
    FOREIGN KEY (workspace, flow_hash, plan_hash) REFERENCES pai.flow_version
);
COMMENT ON COLUMN pai.webhook.token_hash IS 'Of the secret part of its address, told once.';
COMMENT ON COLUMN pai.webhook.secret IS 'What deliveries are signed with: it has to be known here.';
COMMENT ON COLUMN pai.webhook.body_input IS 'The input that gets the body; NULL: its fields do.';

ALTER TABLE pai.run ADD COLUMN trigger json;
COMMENT ON COLUMN pai.run.trigger IS 'What started it, when no person did: a schedule, a webhook.';

CREATE TABLE pai.signal (
    workspace  text NOT NULL,
    n          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    value      json NOT NULL,
    facts      jsonb,
    key        text,
    run        text,
    path       text,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    is_offered boolean NOT NULL DEFAULT false,
    is_taken   boolean NOT NULL DEFAULT false,
    owner      text NOT NULL,
    caller     text NOT NULL
);
COMMENT ON COLUMN pai.signal.n IS 'Their order.';
COMMENT ON COLUMN pai.signal.facts IS 'The value once more, for matching; NULL if jsonb can''t.';
COMMENT ON COLUMN pai.signal.key IS 'Who emits twice with the same key has emitted once.';
COMMENT ON COLUMN pai.signal.is_offered IS 'Whether all who waited for it have been looked at.';
COMMENT ON COLUMN pai.signal.is_taken IS 'Whether some run has been given it.';
CREATE INDEX signal_by_name ON pai.signal (workspace, name, n);
CREATE UNIQUE INDEX signal_once ON pai.signal (workspace, key) WHERE key IS NOT NULL;
CREATE INDEX signal_new ON pai.signal (n) WHERE NOT is_offered;
CREATE INDEX signal_expires ON pai.signal (expires_at);

CREATE TABLE pai.signal_given (
    run    text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    signal bigint NOT NULL REFERENCES pai.signal ON DELETE CASCADE,
    PRIMARY KEY (run, signal)
);
COMMENT ON TABLE pai.signal_given IS 'A run is given a signal once.';
CREATE INDEX signal_given_by_signal ON pai.signal_given (signal);

ALTER TABLE pai.question ADD COLUMN topic text, ADD COLUMN match jsonb;
COMMENT ON COLUMN pai.question.topic IS 'Name of the signals that answer it.';
COMMENT ON COLUMN pai.question.match IS 'What such a signal''s value has to contain.';
CREATE INDEX question_topic ON pai.question (workspace, topic)
    WHERE answer IS NULL AND topic IS NOT NULL;
"""


def upgrade() -> None:
    """Add tables, columns and the indexes by which a look each second costs nothing."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX pai.question_topic")
    op.execute("ALTER TABLE pai.question DROP COLUMN match, DROP COLUMN topic")
    op.execute("DROP TABLE pai.signal_given, pai.signal")
    op.execute("ALTER TABLE pai.run DROP COLUMN trigger")
    op.execute("DROP TABLE pai.webhook, pai.schedule")
