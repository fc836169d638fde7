"""The feed layer: entries in one order without gaps, chained by their hashes."""

from alembic import op

revision = "0015"
down_revision = "0014"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.feed_head (
    workspace  text NOT NULL,
    feed       text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL DEFAULT 0,
    hash       bytea NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, feed)
);
COMMENT ON TABLE pai.feed_head IS 'Its row''s lock gives the next position: no gaps, one order.';

CREATE TABLE IF NOT EXISTS pai.feed_entry (
    workspace    text NOT NULL,
    feed         text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    at           timestamptz NOT NULL,
    kind         text NOT NULL,
    key          text,
    body         json,
    salt         bytea,
    payload_hash bytea NOT NULL,
    hash         bytea NOT NULL,
    run          text,
    path         text,
    owner        text NOT NULL,
    caller       text NOT NULL,
    erased_at    timestamptz,
    PRIMARY KEY (workspace, feed, seq)
);
COMMENT ON COLUMN pai.feed_entry.salt IS 'Erased with the body; the chain holds a salted hash.';
CREATE UNIQUE INDEX IF NOT EXISTS feed_entry_once ON pai.feed_entry (workspace, feed, key)
    WHERE key IS NOT NULL;
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them, with everything in them."""
    op.execute("DROP TABLE pai.feed_entry, pai.feed_head")
