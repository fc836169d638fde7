"""What policies know beyond a run: turns, kept results, circuit breakers; what steps have spent."""

from alembic import op

revision = "0012"
down_revision = "0003"

TABLES = """
CREATE TABLE pai.turn (
    workspace text NOT NULL,
    key       text NOT NULL,
    n         bigint NOT NULL,
    at        timestamptz NOT NULL,
    run       text NOT NULL,
    path      text NOT NULL,
    attempt   integer NOT NULL,
    owner     text NOT NULL,
    caller    text NOT NULL,
    PRIMARY KEY (workspace, key, n),
    UNIQUE (workspace, key, run, path, attempt)
);
COMMENT ON TABLE pai.turn IS
    'When the n-th start under a rate''s key may be. An attempt has one turn.';

CREATE TABLE pai.rate (
    workspace text NOT NULL,
    key       text NOT NULL,
    n         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, key)
);
COMMENT ON TABLE pai.rate IS 'How many turns were given; whoever gives one holds the row.';

CREATE TABLE pai.kept_result (
    workspace  text NOT NULL,
    key        text NOT NULL,
    outputs    json NOT NULL,
    run        text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    PRIMARY KEY (workspace, key)
);
COMMENT ON COLUMN pai.kept_result.key IS
    'Hash of the block, its version, its pinned code and all its inputs.';
CREATE INDEX kept_result_by_end ON pai.kept_result (expires_at);

CREATE TABLE pai.breaker (
    workspace text NOT NULL,
    key       text NOT NULL,
    failures  timestamptz[] NOT NULL DEFAULT '{}',
    opened_at timestamptz,
    tried_at  timestamptz,
    PRIMARY KEY (workspace, key)
);
COMMENT ON COLUMN pai.breaker.tried_at IS 'When somebody was let through to try.';

ALTER TABLE pai.step ADD COLUMN cost json;
COMMENT ON COLUMN pai.step.cost IS 'What the body said that it spent: tokens, millionths of money.';
"""


def upgrade() -> None:
    """Add them."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE pai.step DROP COLUMN cost")
    for table in ("breaker", "kept_result", "rate", "turn"):
        op.execute(f"DROP TABLE pai.{table}")
