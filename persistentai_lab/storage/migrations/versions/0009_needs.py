"""What runs need of a worker, and what workers have: block versions, by the hash of their names."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE pai.block_set (
    hash   text PRIMARY KEY,
    blocks text[] NOT NULL
);
COMMENT ON TABLE pai.block_set IS
    'Block versions (`name@version`, and the walker''s protocol) that some run needs or some '
    'worker has. Not of any workspace: names of installed code only.';
ALTER TABLE pai.worker ADD COLUMN blocks text NOT NULL DEFAULT '';
ALTER TABLE pai.run ADD COLUMN needs text NOT NULL DEFAULT '';
ALTER TABLE pai.run ADD COLUMN needs_told integer;
CREATE FUNCTION pai.lacking(needed text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT lacking FROM pai.block_set n, pai.worker w JOIN pai.block_set h ON h.hash = w.blocks,
        LATERAL (SELECT ARRAY(SELECT unnest(n.blocks) EXCEPT SELECT unnest(h.blocks) ORDER BY 1)
                 AS lacking) AS it
    WHERE n.hash = needed AND w.status = 'alive' AND w.beat_at > now() - interval '10 seconds'
    ORDER BY cardinality(lacking) LIMIT 1
$$;
COMMENT ON FUNCTION pai.lacking IS
    'What the living worker that comes nearest lacks of a set; NULL while no worker lives.';
COMMENT ON COLUMN pai.worker.blocks IS 'Hash of what it has.';
COMMENT ON COLUMN pai.run.needs IS 'Hash of what its pinned version needs; empty: nothing known.';
COMMENT ON COLUMN pai.run.needs_told IS 'The last leg of which was told that no worker has that.';
"""


def upgrade() -> None:
    """Add them. Runs from before need nothing that is known, and go to any worker."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE pai.run DROP COLUMN needs_told")
    op.execute("ALTER TABLE pai.run DROP COLUMN needs")
    op.execute("ALTER TABLE pai.worker DROP COLUMN blocks")
    op.execute("DROP FUNCTION pai.lacking")
    op.execute("DROP TABLE pai.block_set")
