"""The knowledge layer: chunks with the words in them, facts, vectors, and the chain over all three.

Vectors take the extension `vector` (pgvector), which the embedded Postgres brings. On a server
without it there is no table for them, and recall goes by words.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.knowledge_thread (
    workspace  text NOT NULL,
    thread     text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL DEFAULT 0,
    chunks     bigint NOT NULL DEFAULT 0,
    hash       bytea NOT NULL,
    owner      text NOT NULL,
    caller     text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, thread)
);
COMMENT ON TABLE pai.knowledge_thread IS
    'Its row''s lock gives the next place in a thread, and the next link of its chain.';

CREATE TABLE IF NOT EXISTS pai.knowledge_log (
    workspace    text NOT NULL,
    thread       text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    at           timestamptz NOT NULL,
    op           text NOT NULL,
    chunk        bigint,
    fact         bigint,
    body         json,
    salt         bytea,
    payload_hash bytea NOT NULL,
    hash         bytea NOT NULL,
    run          text,
    path         text,
    owner        text NOT NULL,
    caller       text NOT NULL,
    PRIMARY KEY (workspace, thread, seq)
);
COMMENT ON TABLE pai.knowledge_log IS
    'What was added, closed and erased. It holds salted hashes; the salt goes with what it hides.';
CREATE INDEX IF NOT EXISTS knowledge_log_of_chunk ON pai.knowledge_log (workspace, chunk);
CREATE INDEX IF NOT EXISTS knowledge_log_of_fact ON pai.knowledge_log (workspace, fact);

CREATE TABLE IF NOT EXISTS pai.chunk (
    workspace      text NOT NULL,
    id             bigint GENERATED ALWAYS AS IDENTITY,
    thread         text COLLATE "C" NOT NULL,
    position       bigint NOT NULL,
    kind           text NOT NULL,
    text           text,
    sha256         bytea,
    length         integer NOT NULL,
    tokens         integer NOT NULL,
    source_kind    text NOT NULL,
    source_ref     text NOT NULL,
    source_version text,
    source_place   text,
    trust          text NOT NULL,
    said_at        timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    expires_at     timestamptz,
    closed_at      timestamptz,
    fact           bigint,
    key            text,
    run            text,
    path           text,
    owner          text NOT NULL,
    caller         text NOT NULL,
    PRIMARY KEY (workspace, id)
);
COMMENT ON COLUMN pai.chunk.length IS 'Words in it that are searched, for ranking.';
COMMENT ON COLUMN pai.chunk.sha256 IS 'Of the text: names its vectors. Erased with it.';
CREATE INDEX IF NOT EXISTS chunk_in_thread ON pai.chunk (workspace, thread, position);
CREATE INDEX IF NOT EXISTS chunk_of_text ON pai.chunk (workspace, sha256);
CREATE INDEX IF NOT EXISTS chunk_from ON pai.chunk
    (workspace, source_kind, source_ref, source_version);
CREATE INDEX IF NOT EXISTS chunk_of_fact ON pai.chunk (workspace, fact) WHERE fact IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS chunk_once ON pai.chunk (workspace, key) WHERE key IS NOT NULL;

CREATE TABLE IF NOT EXISTS pai.chunk_word (
    workspace text NOT NULL,
    word      text COLLATE "C" NOT NULL,
    chunk     bigint NOT NULL,
    times     smallint NOT NULL,
    PRIMARY KEY (workspace, word, chunk) INCLUDE (times)
);
COMMENT ON TABLE pai.chunk_word IS 'Which words stand in which chunk: what BM25 ranks by.';
CREATE INDEX IF NOT EXISTS chunk_word_of_chunk ON pai.chunk_word (workspace, chunk);

CREATE TABLE IF NOT EXISTS pai.fact (
    workspace      text NOT NULL,
    id             bigint GENERATED ALWAYS AS IDENTITY,
    subject        text COLLATE "C",
    predicate      text COLLATE "C" NOT NULL,
    object         text COLLATE "C",
    object_type    text NOT NULL,
    valid_from     timestamptz NOT NULL,
    valid_to       timestamptz,
    recorded_at    timestamptz NOT NULL,
    closed_at      timestamptz,
    closed_to      timestamptz,
    closed_because text,
    confidence     real NOT NULL,
    source_kind    text NOT NULL,
    source_ref     text NOT NULL,
    source_version text,
    source_place   text,
    trust          text NOT NULL,
    run            text,
    path           text,
    owner          text NOT NULL,
    caller         text NOT NULL,
    PRIMARY KEY (workspace, id)
);
COMMENT ON TABLE pai.fact IS 'Facts: when they held (valid) and when we knew (recorded, closed).';
COMMENT ON COLUMN pai.fact.object IS 'Canonical JSON.';
COMMENT ON COLUMN pai.fact.closed_to IS
    'Until when it held, as was learned at closed_at; valid_to is what was said when it was added.';
CREATE INDEX IF NOT EXISTS fact_by_subject ON pai.fact (workspace, subject, predicate);
CREATE INDEX IF NOT EXISTS fact_by_object ON pai.fact (workspace, md5(object));
CREATE INDEX IF NOT EXISTS fact_from ON pai.fact
    (workspace, source_kind, source_ref, source_version);
"""
VECTORS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS vector;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'no right to create the extension vector: recall goes by words';
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        CREATE TABLE IF NOT EXISTS pai.text_vector (
            workspace text NOT NULL,
            model     text NOT NULL,
            sha256    bytea NOT NULL,
            vector    vector NOT NULL,
            made_at   timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (workspace, model, sha256)
        );
        COMMENT ON TABLE pai.text_vector IS
            'Vectors by the hash of the text: made ahead of the chunk, shared by chunks alike.';
        CREATE INDEX IF NOT EXISTS text_vector_near ON pai.text_vector
            USING hnsw ((vector::vector(384)) vector_cosine_ops)
            WHERE vector_dims(vector) = 384;
    END IF;
END $$
"""


def upgrade() -> None:
    """Create the tables; those of vectors where there can be any."""
    op.execute(SCHEMA)
    op.execute(VECTORS)


def downgrade() -> None:
    """Drop them, with everything in them. The extension stays: others may use it."""
    op.execute("DROP TABLE IF EXISTS pai.text_vector")
    op.execute(
        "DROP TABLE pai.fact, pai.chunk_word, pai.chunk, pai.knowledge_log, pai.knowledge_thread"
    )
