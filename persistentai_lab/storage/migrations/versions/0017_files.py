"""The files layer: commits, the lines they lie on, branches, tags, and a row for each file version.

A *line* is a stretch of history whose commits follow each other. A version is a place on a line;
what it doesn't say about a path, the place that the line began from says. So a branch, or a whole
version brought back, is a new line without a single row, whatever its size. A row says from which
commit of its line until before which other a path had this content: a difference is read from what
changed, not from what is there.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.file_line (
    workspace   text NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    base_line   bigint,
    base_commit bigint,
    PRIMARY KEY (workspace, id)
);
COMMENT ON TABLE pai.file_line IS 'A stretch of history; its base is the version it began from.';

CREATE TABLE IF NOT EXISTS pai.file_commit (
    workspace    text NOT NULL,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    line         bigint NOT NULL,
    parents      bigint[] NOT NULL,
    joins        boolean NOT NULL,
    hash         bytea NOT NULL,
    kind         text NOT NULL,
    branch       text COLLATE "C" NOT NULL,
    message      text NOT NULL,
    meta         json NOT NULL,
    changed      integer NOT NULL,
    restored     bigint,
    key          text,
    salt         bytea,
    payload_hash bytea NOT NULL,
    at           timestamptz NOT NULL,
    owner        text NOT NULL,
    caller       text NOT NULL,
    run          text,
    path         text,
    PRIMARY KEY (workspace, id)
);
COMMENT ON COLUMN pai.file_commit.id IS 'Grows along each line, and from parents to children.';
COMMENT ON COLUMN pai.file_commit.joins IS 'Has a parent on another line.';
COMMENT ON COLUMN pai.file_commit.salt IS 'Erased with what was changed; the chain goes on.';
CREATE UNIQUE INDEX IF NOT EXISTS file_commit_by_hash ON pai.file_commit (workspace, hash);
CREATE UNIQUE INDEX IF NOT EXISTS file_commit_once ON pai.file_commit (workspace, key)
    WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_commit_of_line ON pai.file_commit (workspace, line, id);
CREATE INDEX IF NOT EXISTS file_commit_joining ON pai.file_commit (workspace, line, id)
    WHERE joins;
CREATE INDEX IF NOT EXISTS file_commit_of_run ON pai.file_commit (workspace, run, path)
    WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS pai.file_branch (
    workspace  text NOT NULL,
    name       text COLLATE "C" NOT NULL,
    line       bigint,
    head       bigint,
    owner      text NOT NULL,
    caller     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, name)
);
COMMENT ON COLUMN pai.file_branch.line IS
    'That its commits go on; NULL until the first one of its own.';

CREATE TABLE IF NOT EXISTS pai.file_tag (
    workspace text NOT NULL,
    name      text COLLATE "C" NOT NULL,
    commit    bigint NOT NULL,
    message   text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    owner     text NOT NULL,
    caller    text NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE IF NOT EXISTS pai.file (
    workspace   text NOT NULL,
    line        bigint NOT NULL,
    folded      text COLLATE "C" NOT NULL,
    from_commit bigint NOT NULL,
    to_commit   bigint,
    path        text COLLATE "C" NOT NULL,
    sha256      text,
    media_type  text,
    size        bigint,
    meta        json,
    came_from   text,
    PRIMARY KEY (workspace, line, folded, from_commit),
    FOREIGN KEY (workspace, sha256, media_type) REFERENCES pai.blob
);
COMMENT ON TABLE pai.file IS
    'What a path had from one commit of a line until before another. The foreign key keeps its '
    'bytes from being collected.';
COMMENT ON COLUMN pai.file.folded IS
    'Of names that look alike: the same. No two files of a version have one.';
COMMENT ON COLUMN pai.file.sha256 IS 'NULL: no longer there, whatever the base of the line has.';
COMMENT ON COLUMN pai.file.came_from IS 'The path that it was moved from.';
CREATE UNIQUE INDEX IF NOT EXISTS file_now ON pai.file (workspace, line, folded)
    WHERE to_commit IS NULL;
CREATE INDEX IF NOT EXISTS file_from ON pai.file (workspace, line, from_commit);
CREATE INDEX IF NOT EXISTS file_to ON pai.file (workspace, line, to_commit)
    WHERE to_commit IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_of_blob ON pai.file (workspace, sha256, media_type)
    WHERE sha256 IS NOT NULL;
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Drop them, with everything in them."""
    op.execute("DROP TABLE pai.file, pai.file_tag, pai.file_branch, pai.file_commit, pai.file_line")
