"""Which runs go first, and how many of a workspace or of a flow may be under way at once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column and the table, where an empty `flow` stands for the whole workspace."""
    op.execute("ALTER TABLE pai.run ADD COLUMN priority integer NOT NULL DEFAULT 100")
    op.execute("""
        CREATE TABLE pai.concurrency (
            workspace  text NOT NULL,
            flow       text NOT NULL DEFAULT '',
            at_once    integer NOT NULL CHECK (at_once >= 0),
            owner      text NOT NULL,
            caller     text NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (workspace, flow)
        )
    """)


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE pai.run DROP COLUMN priority")
    op.execute("DROP TABLE pai.concurrency")
