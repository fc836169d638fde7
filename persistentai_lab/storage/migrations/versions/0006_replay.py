"""Runs that compute another one again."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE pai.run ADD COLUMN replays text")
    op.execute(
        "COMMENT ON COLUMN pai.run.replays IS "
        "'The run that it computes again, to compare; no reference, it outlives that run.'"
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE pai.run DROP COLUMN replays")
