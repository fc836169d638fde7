"""Steps that were under way when their run ended are cancelled, instead of started for ever."""

from alembic import op

revision = "0029"
down_revision = "0028"

BEFORE = ("started", "completed", "failed", "skipped")


def upgrade() -> None:
    """Allow the state."""
    _statuses((*BEFORE, "cancelled"))


def downgrade() -> None:
    """Take it back."""
    op.execute("UPDATE pai.step SET status = 'started' WHERE status = 'cancelled'")
    _statuses(BEFORE)


def _statuses(allowed: tuple[str, ...]) -> None:
    """More than before, so that no row has to be looked at."""
    listed = ", ".join(f"'{status}'" for status in allowed)
    op.execute("ALTER TABLE pai.step DROP CONSTRAINT IF EXISTS step_status_check")
    op.execute(
        f"ALTER TABLE pai.step ADD CONSTRAINT step_status_check CHECK (status IN ({listed})) "
        "NOT VALID"
    )
