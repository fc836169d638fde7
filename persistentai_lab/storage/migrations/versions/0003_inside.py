"""Steps of flows that control nodes have opened are marked: there may be many of them."""

from alembic import op

revision = "0003"
down_revision = "0010"


def upgrade() -> None:
    """Add the mark, and find the others without a look at them."""
    op.execute("ALTER TABLE pai.step ADD COLUMN inside boolean NOT NULL DEFAULT false")
    op.execute(
        "CREATE INDEX step_planned ON pai.step (run) WHERE status = 'completed' AND NOT inside"
    )


def downgrade() -> None:
    """Drop both."""
    op.execute("ALTER TABLE pai.step DROP COLUMN inside")
