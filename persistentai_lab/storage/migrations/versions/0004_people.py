"""What people are asked: what kind of question, whom, about what exactly, until when."""

from alembic import op

revision = "0004"
down_revision = "0007"

COLUMNS = {
    "kind": "text NOT NULL DEFAULT 'doubt'",
    "asked": "text[] NOT NULL DEFAULT '{}'",
    "answer_type": "json",
    "block": "text",
    "inputs": "json",
    "inputs_hash": "text",
    "due": "timestamptz",
    "at_expiry": "json",
    "reason": "text NOT NULL DEFAULT ''",
    "answered_from": "text NOT NULL DEFAULT ''",
}
NOTES = {
    "kind": "`ask`, `approval` or `doubt` (did an interrupted call happen?); `timer` asks nobody.",
    "asked": "Who may answer; nobody in particular when empty.",
    "inputs": "What the body would get, as steps record values: what exactly is approved.",
    "due": "By the clock of the database. Whoever looks after it gives the answer `at_expiry`.",
    "answered_by": "NULL beside an answer: nobody answered in time.",
}


def upgrade() -> None:
    """Add the columns. Who looks for what is due reads an index that holds only open questions."""
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE pai.question ADD COLUMN {name} {kind}")
    for name, note in NOTES.items():
        op.execute(f"COMMENT ON COLUMN pai.question.{name} IS '{note}'")
    op.execute(
        "CREATE INDEX question_due ON pai.question (due) WHERE answer IS NULL AND due IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX question_open ON pai.question (workspace, asked_at) WHERE answer IS NULL"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX pai.question_open")
    op.execute("DROP INDEX pai.question_due")
    for name in COLUMNS:
        op.execute(f"ALTER TABLE pai.question DROP COLUMN {name}")
