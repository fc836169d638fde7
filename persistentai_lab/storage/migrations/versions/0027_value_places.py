"""Which steps gave a value, or were given it, is found by the value's hash."""

from alembic import op

revision = "0027"
down_revision = "0026"

SCHEMA = """
CREATE TABLE IF NOT EXISTS pai.value_place (
    workspace text NOT NULL,
    hash      bigint NOT NULL,
    run       text NOT NULL REFERENCES pai.run ON DELETE CASCADE,
    path      text NOT NULL,
    attempt   integer NOT NULL,
    PRIMARY KEY (run, path, attempt, hash)
);
COMMENT ON TABLE pai.value_place IS
    'Where values of sealed runs stand, by their hash; an empty path: as inputs of the run.';
CREATE INDEX IF NOT EXISTS value_place_by_hash ON pai.value_place (workspace, hash);
CREATE INDEX IF NOT EXISTS run_not_sealed ON pai.run (workspace) WHERE NOT is_sealed;
"""
JSON = "CASE WHEN pg_input_is_valid({0}::text, 'jsonb') THEN {0}::jsonb ELSE '{{}}' END"
FILL = f"""
INSERT INTO pai.value_place (workspace, hash, run, path, attempt)
SELECT s.workspace, CASE WHEN v.value ? 'json' THEN jsonb_hash_extended(v.value -> 'json', 0)
           ELSE hashtextextended(coalesce(v.value ->> 'ref', v.value ->> 'sha256'), 0) END,
       s.run, s.path, s.attempt
FROM pai.run r JOIN pai.step s ON s.run = r.id,
     LATERAL jsonb_each({JSON.format("s.outputs")}) AS v
WHERE r.is_sealed AND s.status = 'completed' AND jsonb_typeof(v.value) = 'object'
  AND (v.value ? 'json' OR v.value ? 'ref' OR v.value ? 'sha256')
UNION
SELECT r.workspace, jsonb_hash_extended(v.value, 0), r.id, '', 0
FROM pai.run r, LATERAL jsonb_each({JSON.format("r.inputs")}) AS v WHERE r.is_sealed
UNION
SELECT r.workspace, hashtextextended(coalesce(v.value ->> 'ref', v.value ->> 'sha256'), 0), r.id,
       '', 0
FROM pai.run r, LATERAL jsonb_each(r.refs::jsonb) AS v
WHERE r.is_sealed AND (v.value ? 'ref' OR v.value ? 'sha256')
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Create the table, and fill it for the runs that are sealed already."""
    op.execute(SCHEMA)
    op.execute(FILL)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE pai.value_place")
    op.execute("DROP INDEX IF EXISTS pai.run_not_sealed")
