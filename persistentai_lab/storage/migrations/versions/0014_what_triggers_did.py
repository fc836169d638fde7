"""What triggers did: the last runs of each, and what came of what was sent to a webhook."""

from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = """
CREATE INDEX run_by_trigger ON pai.run
    (workspace, (trigger ->> 'kind'), (trigger ->> 'name'), created_at DESC)
    WHERE trigger IS NOT NULL;

CREATE TABLE pai.delivery (
    workspace text NOT NULL,
    webhook   text NOT NULL,
    n         bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    named     text,
    status    integer NOT NULL,
    run       text,
    error     json,
    PRIMARY KEY (workspace, webhook, n),
    FOREIGN KEY (workspace, webhook) REFERENCES pai.webhook ON DELETE CASCADE
);
COMMENT ON TABLE pai.delivery IS 'The last ones of each webhook, also those that were refused.';
COMMENT ON COLUMN pai.delivery.named IS 'What its sender calls it.';
COMMENT ON COLUMN pai.delivery.status IS 'Of HTTP: 202 a run, 200 the run of a delivery before.';
"""


def upgrade() -> None:
    """Add the index and the table."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE pai.delivery")
    op.execute("DROP INDEX pai.run_by_trigger")
