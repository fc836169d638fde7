"""What began at a commit of a line is found by an index that nothing else can be tempted by.

An index that begins with workspace and line also finds one path, by reading all others of its line.
Until statistics are gathered the planner thinks these few, and a lookup took as long as a scan of
the table. One over expressions serves only who asks for these.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

INDEX = """
DROP INDEX IF EXISTS pai.file_from;
CREATE INDEX IF NOT EXISTS file_begun ON pai.file ((line + 0), (from_commit + 0));
"""


def upgrade() -> None:
    """Put one index in the place of the other."""
    op.execute(INDEX)


def downgrade() -> None:
    """Put it back."""
    op.execute("DROP INDEX IF EXISTS pai.file_begun")
    op.execute("CREATE INDEX IF NOT EXISTS file_from ON pai.file (workspace, line, from_commit)")
