"""Runs that people hold: paused ones, what is wished of those that run, breakpoints, other values.

What is wished of a run stands in its row, so that a leg that takes over after a crash obeys it too.
"""

from alembic import op

revision = "0005"
down_revision = "0002"

STATUSES = ("queued", "running", "waiting", "paused", "completed", "failed", "cancelled")
BEFORE = tuple(status for status in STATUSES if status != "paused")

TABLES = """
ALTER TABLE pai.run ADD COLUMN wish text CHECK (wish IN ('pause', 'step'));
ALTER TABLE pai.run ADD COLUMN wished_by text;
ALTER TABLE pai.run ADD COLUMN breakpoints json;
ALTER TABLE pai.run ADD COLUMN is_changed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pai.run.wish IS 'What its leg is to do: start nothing more, or one step.';
COMMENT ON COLUMN pai.run.breakpoints IS
    'Node → {when, by, passed}: passed are the paths at which a person has let the run go on.';
COMMENT ON COLUMN pai.run.is_changed IS 'Whether `override` has rows for it.';

CREATE TABLE pai.override (
    workspace text NOT NULL,
    run       text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    n         integer NOT NULL,
    path      text NOT NULL,
    node      text NOT NULL,
    side      text NOT NULL CHECK (side IN ('input', 'output')),
    port      text NOT NULL,
    value     json NOT NULL,
    owner     text NOT NULL,
    caller    text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run, n)
);
COMMENT ON TABLE pai.override IS
    'Values that people put in the place of recorded or literal ones, by number: the last counts. '
    'The step''s own row is never rewritten.';
"""


def upgrade() -> None:
    """Add them."""
    _statuses(STATUSES)
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them. A paused run becomes a waiting one."""
    op.execute("DROP TABLE pai.override")
    op.execute("UPDATE pai.run SET status = 'waiting' WHERE status = 'paused'")
    for column in ("is_changed", "breakpoints", "wished_by", "wish"):
        op.execute(f"ALTER TABLE pai.run DROP COLUMN {column}")
    _statuses(BEFORE)


def _statuses(allowed: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{status}'" for status in allowed)
    op.execute("ALTER TABLE pai.run DROP CONSTRAINT run_status_check")
    op.execute(f"ALTER TABLE pai.run ADD CONSTRAINT run_status_check CHECK (status IN ({listed}))")
