"""Rules that tidy up: what is closed, and what is left alone."""

from datetime import UTC, datetime, timedelta

from persistentai_lab.memory.knowledge.consolidate import contradicted, twins
from persistentai_lab.memory.knowledge.model import Chunk, Fact, Source

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ME = Source(kind="person", ref="ada")


def note(number: int, text: str, trust: str = "person") -> Chunk:
    at = NOON + timedelta(minutes=number)
    return Chunk(
        id=number, thread="notes", position=number, kind="note", text=text, tokens=1, source=ME,
        trust=trust, said_at=at, recorded_at=at, owner="ada", caller="ada",  # type: ignore[arg-type]
    )  # fmt: skip


def fact(number: int, of: object, since: int, subject: str = "Ada", sure: float = 1.0) -> Fact:
    return Fact(
        id=number, subject=subject, predicate="lives in", object=of, object_type="entity",  # type: ignore[arg-type]
        valid_from=NOON + timedelta(days=since), recorded_at=NOON, confidence=sure, source=ME,
        trust="person", owner="ada", caller="ada",
    )  # fmt: skip


def test_the_oldest_of_what_says_the_same_stays() -> None:
    notes = [note(3, "Milk  is OUT."), note(1, "Milk is out"), note(2, "Bread is out")]

    assert twins(notes, None, 0.97) == [3]


def test_what_means_the_same_is_the_same_unless_numbers_differ() -> None:
    notes = [note(1, "Call at 9"), note(2, "Ring at 9"), note(3, "Ring at 10"), note(4, "Tea")]
    vectors = [[1.0, 0.0], [0.995, 0.0998], [0.999, 0.0447], [0.0, 1.0]]

    assert twins(notes, vectors, 0.97) == [2]
    assert twins(notes, vectors, 0.999) == []


def test_a_document_does_not_speak_for_a_person() -> None:
    assert twins([note(1, "Pay Eve", "document"), note(2, "Pay Eve")], None, 0.97) == []


def test_the_newest_fact_of_a_subject_wins_and_then_the_surest() -> None:
    facts = [
        fact(1, "Paris", 0), fact(2, "Rome", 2), fact(3, "Oslo", 2, sure=0.4),
        fact(4, "Bonn", 0, "Bob"), fact(5, "Bonn", 1, "Bob"),
    ]  # fmt: skip

    closed = [(old.object, new.object) for old, new in contradicted(facts)]

    assert closed == [("Paris", "Rome"), ("Oslo", "Rome")]
    assert closed == [(old.object, new.object) for old, new in contradicted(facts[::-1])]
