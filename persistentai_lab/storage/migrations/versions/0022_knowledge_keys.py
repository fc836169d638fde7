"""A key counts in its thread, whose lock keeps two writers of one key apart."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the index anew."""
    op.execute("DROP INDEX IF EXISTS pai.chunk_once")
    op.execute(
        "CREATE UNIQUE INDEX chunk_once ON pai.chunk (workspace, thread, key) WHERE key IS NOT NULL"
    )


def downgrade() -> None:
    """As it was; a key that two threads use has to go first."""
    op.execute("DROP INDEX pai.chunk_once")
    op.execute("CREATE UNIQUE INDEX chunk_once ON pai.chunk (workspace, key) WHERE key IS NOT NULL")
