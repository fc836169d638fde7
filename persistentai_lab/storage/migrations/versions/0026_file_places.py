"""Where the files of a workspace are, if not in Postgres; and what lakeFS can't note of branches.

`file_try` says from where a commit in lakeFS was first tried: a try that was cut off after its
effect is found between there and the tip.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

TABLES = """
CREATE TABLE IF NOT EXISTS pai.file_place (
    workspace text PRIMARY KEY,
    place     text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS pai.file_ref (
    workspace  text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('branch', 'tag')),
    name       text NOT NULL,
    message    text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL DEFAULT now(),
    owner      text NOT NULL,
    caller     text NOT NULL,
    PRIMARY KEY (workspace, kind, name)
);
CREATE TABLE IF NOT EXISTS pai.file_try (
    workspace text NOT NULL,
    key       text NOT NULL,
    since     text,
    tries     integer NOT NULL DEFAULT 1,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, key)
);
CREATE OR REPLACE FUNCTION pai.take_file_place(of text, may_take_lakefs boolean) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE found text;
BEGIN
    -- Whoever moves a workspace holds this lock alone. (What follows is read after the wait.)
    PERFORM pg_advisory_xact_lock_shared(1885432167, hashtext(of));
    SELECT place INTO found FROM pai.file_place WHERE workspace = of;
    IF found IS NULL AND may_take_lakefs
       AND NOT EXISTS (SELECT FROM pai.file_branch WHERE workspace = of) THEN
        INSERT INTO pai.file_place (workspace, place) VALUES (of, 'lakefs')
        ON CONFLICT DO NOTHING;
        SELECT place INTO found FROM pai.file_place WHERE workspace = of;
    END IF;
    RETURN coalesce(found, 'postgres');
END $$;
COMMENT ON COLUMN pai.file_place.place IS 'lakefs, or postgres for one that was moved back';
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP FUNCTION pai.take_file_place")
    op.execute("DROP TABLE pai.file_try, pai.file_ref, pai.file_place")
