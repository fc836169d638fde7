"""The same code from two people is two rows: whose it is decides whether it is trusted."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the owner part of the key."""
    op.execute("ALTER TABLE pai.code DROP CONSTRAINT code_pkey")
    op.execute("ALTER TABLE pai.code ADD PRIMARY KEY (workspace, sha256, module, owner)")


def downgrade() -> None:
    """Keep one row of each text."""
    op.execute(
        "DELETE FROM pai.code a USING pai.code b WHERE a.ctid > b.ctid "
        "AND (a.workspace, a.sha256, a.module) = (b.workspace, b.sha256, b.module)"
    )
    op.execute("ALTER TABLE pai.code DROP CONSTRAINT code_pkey")
    op.execute("ALTER TABLE pai.code ADD PRIMARY KEY (workspace, sha256, module)")
