"""What the commits of a workspace are called since its files moved to another store.

Their old ids stand in feeds, in facts and in history, and are still understood.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

TABLE = """
CREATE TABLE IF NOT EXISTS pai.file_move (
    workspace text NOT NULL,
    postgres  text NOT NULL,
    lakefs    text NOT NULL,
    PRIMARY KEY (workspace, postgres)
);
CREATE INDEX IF NOT EXISTS file_move_back ON pai.file_move (workspace, lakefs);
COMMENT ON TABLE pai.file_move IS 'A commit by its id in either store.';
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE pai.file_move")
