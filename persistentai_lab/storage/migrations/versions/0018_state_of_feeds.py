"""Feeds have a state, are read by kind, time and run, and may come from elsewhere."""

from alembic import op

revision = "0018"
down_revision = "0017"

SCHEMA = """
ALTER TABLE pai.feed_head ADD COLUMN IF NOT EXISTS origin json;
COMMENT ON COLUMN pai.feed_head.origin IS
    'Workspace and name that an imported feed had; its chain begins with those.';

CREATE TABLE IF NOT EXISTS pai.feed_snapshot (
    workspace text NOT NULL,
    feed      text COLLATE "C" NOT NULL,
    seq       bigint NOT NULL,
    state     json NOT NULL,
    skipped   bigint[] NOT NULL,
    owner     text NOT NULL,
    caller    text NOT NULL,
    PRIMARY KEY (workspace, feed, seq)
);
COMMENT ON TABLE pai.feed_snapshot IS
    'The state of a feed at some of its deltas. Can be made anew from the entries at any time.';

CREATE INDEX IF NOT EXISTS feed_entry_by_kind ON pai.feed_entry (workspace, feed, kind, seq);
CREATE INDEX IF NOT EXISTS feed_entry_by_time ON pai.feed_entry (workspace, feed, at, seq);
CREATE INDEX IF NOT EXISTS feed_entry_by_run ON pai.feed_entry (workspace, run, feed, seq)
    WHERE run IS NOT NULL;
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE pai.feed_snapshot")
    op.execute("DROP INDEX pai.feed_entry_by_kind, pai.feed_entry_by_time, pai.feed_entry_by_run")
    op.execute("ALTER TABLE pai.feed_head DROP COLUMN origin")
