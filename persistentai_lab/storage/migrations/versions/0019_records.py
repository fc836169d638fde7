"""The records layer: values that expire, and documents with their revisions, chained by hashes."""

from alembic import op

revision = "0019"
down_revision = "0018"

SCHEMA = """
ALTER TABLE pai.record ADD COLUMN IF NOT EXISTS expires_at timestamptz;
COMMENT ON COLUMN pai.record.expires_at IS 'From then on the value is not there; swept later.';
CREATE INDEX IF NOT EXISTS record_over ON pai.record (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS pai.record_once (
    workspace text NOT NULL,
    once      text NOT NULL,
    op        text NOT NULL,
    target    text NOT NULL,
    version   jsonb,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, once)
);
COMMENT ON TABLE pai.record_once IS 'What came of commands that are sent under a name.';
CREATE INDEX IF NOT EXISTS record_once_at ON pai.record_once (at);

CREATE TABLE IF NOT EXISTS pai.doc_collection (
    workspace   text NOT NULL,
    name        text COLLATE "C" NOT NULL,
    json_schema jsonb,
    version     bigint NOT NULL DEFAULT 0,
    owner       text NOT NULL,
    caller      text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, name)
);

CREATE TABLE IF NOT EXISTS pai.doc (
    workspace  text NOT NULL,
    collection text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    rev        bigint NOT NULL DEFAULT 0,
    body       jsonb,
    patches    integer NOT NULL DEFAULT 0,
    hash       bytea NOT NULL,
    run        text,
    path       text,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, collection, id)
);
COMMENT ON COLUMN pai.doc.body IS 'NULL when it is deleted: the row stays, and its revisions.';
COMMENT ON COLUMN pai.doc.patches IS 'Revisions since the last one that is kept whole.';
CREATE INDEX IF NOT EXISTS doc_body ON pai.doc USING gin (body jsonb_path_ops);

CREATE TABLE IF NOT EXISTS pai.doc_rev (
    workspace    text NOT NULL,
    collection   text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    rev          bigint NOT NULL,
    at           timestamptz NOT NULL,
    kind         text NOT NULL,
    body         jsonb,
    patch        jsonb,
    salt         bytea,
    payload_hash bytea NOT NULL,
    hash         bytea NOT NULL,
    run          text,
    path         text,
    owner        text NOT NULL,
    caller       text NOT NULL,
    erased_at    timestamptz,
    PRIMARY KEY (workspace, collection, id, rev)
);
COMMENT ON COLUMN pai.doc_rev.patch IS 'From the revision before, where that is shorter.';
COMMENT ON COLUMN pai.doc_rev.salt IS 'Erased with the body; the chain holds a salted hash.';
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them, with everything in them."""
    op.execute("DROP TABLE pai.doc_rev, pai.doc, pai.doc_collection, pai.record_once")
    op.execute("ALTER TABLE pai.record DROP COLUMN expires_at")
