"""SQL for agents: one view of documents that shows a login role its own workspace, and no more."""

from alembic import op

revision = "0020"
down_revision = "0019"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.sql_role (
    workspace  text PRIMARY KEY,
    role       text NOT NULL UNIQUE,
    password   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pai.sql_role IS 'The role that asks for a workspace. It can read one view.';

CREATE SCHEMA IF NOT EXISTS pai_sql;
COMMENT ON SCHEMA pai_sql IS 'All that SQL of agents can reach.';

CREATE OR REPLACE FUNCTION pai_sql.workspace() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS 'SELECT workspace FROM pai.sql_role WHERE role = session_user::text';
COMMENT ON FUNCTION pai_sql.workspace IS
    'Bound to who logged in: no statement can change that, whatever it sets.';
REVOKE ALL ON FUNCTION pai_sql.workspace() FROM PUBLIC;

CREATE OR REPLACE VIEW pai_sql.docs WITH (security_barrier) AS
SELECT collection, id, rev, body, created_at, updated_at, owner, caller, run
FROM pai.doc WHERE workspace = (SELECT pai_sql.workspace()) AND body IS NOT NULL;
"""


def upgrade() -> None:
    """Create them. Roles are made when a workspace first asks: not every server lets us."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them. The roles stay, and can do nothing."""
    op.execute("DROP SCHEMA pai_sql CASCADE")
    op.execute("DROP TABLE pai.sql_role")
