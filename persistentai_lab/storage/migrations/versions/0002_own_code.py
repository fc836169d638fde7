"""Which Python a person's code is for; which run a run goes on from; inputs that are no JSON."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns. What is there already was written for the worker's own Python."""
    op.execute("ALTER TABLE pai.code ADD COLUMN environment json")
    op.execute("ALTER TABLE pai.run ADD COLUMN forked_from text")
    op.execute(
        "COMMENT ON COLUMN pai.run.forked_from IS "
        "'The run whose recorded steps it began with; no reference, it outlives that run.'"
    )
    op.execute("ALTER TABLE pai.run ADD COLUMN refs json NOT NULL DEFAULT '{}'")
    op.execute(
        "COMMENT ON COLUMN pai.run.refs IS 'Inputs that are no JSON: references to their bytes.'"
    )
    op.execute("ALTER TABLE pai.step ADD COLUMN reused_from text")


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE pai.run DROP COLUMN refs")
    op.execute("ALTER TABLE pai.step DROP COLUMN reused_from")
    op.execute("ALTER TABLE pai.run DROP COLUMN forked_from")
    op.execute("ALTER TABLE pai.code DROP COLUMN environment")
