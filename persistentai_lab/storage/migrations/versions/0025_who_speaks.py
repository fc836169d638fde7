"""Who speaks in conversations is found by an index: a question that names them is put to them."""

from alembic import op

revision = "0025"
down_revision = "0024"

INDEX = r"""
CREATE INDEX IF NOT EXISTS chunk_by_speaker ON pai.chunk
    (workspace, (lower(substring(text from '^(\w+)[^:\n]{0,60}: ')))) WHERE kind = 'turn';
"""


def upgrade() -> None:
    """Make the index. What is erased leaves it with its text."""
    op.execute(INDEX)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP INDEX IF EXISTS pai.chunk_by_speaker")
