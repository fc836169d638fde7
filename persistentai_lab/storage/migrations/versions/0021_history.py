"""What steps read and wrote in memory, and the seals that runs are put under when they ended."""

from alembic import op

revision = "0021"
down_revision = "0020"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.step_touch (
    workspace text NOT NULL,
    run       text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    path      text NOT NULL,
    attempt   integer NOT NULL,
    layer     text NOT NULL,
    target    text NOT NULL,
    version   text NOT NULL,
    mode      text NOT NULL CHECK (mode IN ('read', 'write')),
    owner     text NOT NULL,
    caller    text NOT NULL,
    PRIMARY KEY (run, path, attempt, layer, target, version, mode)
);
COMMENT ON TABLE pai.step_touch IS
    'Which attempt read or wrote what in memory; committed with the record of the step.';
CREATE INDEX IF NOT EXISTS step_touch_by_target
    ON pai.step_touch (workspace, layer, target, version);

CREATE TABLE IF NOT EXISTS pai.run_seal_head (
    workspace text PRIMARY KEY,
    n         bigint NOT NULL,
    hash      bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS pai.run_seal (
    workspace text NOT NULL,
    run       text PRIMARY KEY REFERENCES pai.run ON DELETE CASCADE,
    n         bigint NOT NULL,
    seq       bigint NOT NULL,
    items     bigint NOT NULL,
    root      bytea NOT NULL,
    hash      bytea NOT NULL,
    owner     text NOT NULL,
    caller    text NOT NULL,
    sealed_at timestamptz NOT NULL,
    UNIQUE (workspace, n)
);
COMMENT ON TABLE pai.run_seal IS
    'The hash of all that is recorded of an ended run (`root`), chained from run to run (`hash`).';
ALTER TABLE pai.run ADD COLUMN IF NOT EXISTS is_sealed boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS run_to_seal ON pai.run (ended_at)
    WHERE ended_at IS NOT NULL AND NOT is_sealed;
CREATE INDEX IF NOT EXISTS step_with_cost ON pai.step (workspace, ended_at)
    WHERE cost IS NOT NULL;
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE pai.step_touch, pai.run_seal, pai.run_seal_head")
    op.execute("DROP INDEX pai.run_to_seal, pai.step_with_cost")
    op.execute("ALTER TABLE pai.run DROP COLUMN is_sealed")
