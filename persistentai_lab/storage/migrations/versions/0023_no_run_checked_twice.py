"""Steps and events no longer look their run up: the statement that writes them has just locked it.

The check cost a quarter of a commit of ten steps. Runs are never deleted, only their values expire.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

TABLES = ("step", "event")


def upgrade() -> None:
    """Drop the checks."""
    for table in TABLES:
        op.execute(f"ALTER TABLE pai.{table} DROP CONSTRAINT IF EXISTS {table}_run_fkey")


def downgrade() -> None:
    """Have them again."""
    for table in TABLES:
        op.execute(
            f"ALTER TABLE pai.{table} ADD CONSTRAINT {table}_run_fkey "
            "FOREIGN KEY (run) REFERENCES pai.run ON DELETE CASCADE"
        )
