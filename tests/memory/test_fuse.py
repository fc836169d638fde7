"""One order out of several, by arithmetic that can be followed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from persistentai_lab.memory.knowledge import fuse
from persistentai_lab.memory.knowledge.fuse import Candidate, Step, Weights
from persistentai_lab.memory.knowledge.question import Span, in_first_person, spans_in, words_of

EVEN = Weights(
    words=1, meaning=1, after=(0.5,), before=(0.25,), usual=0, passage=0, entity=0.2, speaker=2,
    time=1.5,
)  # fmt: skip
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def found(number: int, words: float = 0.0, meaning: float | None = None, **more: Any) -> Candidate:
    more = {"thread": "t", "position": None, "said_at": NOW, **more}
    return Candidate(number, words=words, meaning=meaning, **more)


def order(scored: dict[int, fuse.Scored]) -> list[tuple[int, float]]:
    return [(chunk, round(each.score, 3)) for chunk, each in fuse.ranked(scored, 10)]


def test_what_both_ways_find_comes_first() -> None:
    scored = fuse.base([found(1, 0.6), found(2, 0.5, 0.4), found(3, 0, 0.7), found(4, 0, -0.2)],
                       EVEN)  # fmt: skip

    assert order(scored) == [(2, 0.9), (3, 0.7), (1, 0.6), (4, 0.0)]
    assert [(why.by, why.rank) for why in scored[2].why] == [("words", 2), ("meaning", 2)]


def test_what_follows_gets_more_than_what_stood_before_and_never_over_the_end_of_a_thread() -> None:
    candidates = [
        found(11, position=4), found(1, 0.8, position=5), found(10, position=6),
        found(2, 0.4, position=7), found(12, position=6, thread="other"),
    ]  # fmt: skip
    scored = fuse.base(candidates, EVEN)

    fuse.around(scored, candidates, EVEN)

    assert order(scored) == [(1, 0.8), (10, 0.5), (2, 0.4), (11, 0.2)]
    assert [(why.by, why.via) for why in scored[10].why] == [("neighbour", 1)]
    assert scored[12].why == []


def test_only_what_goes_beyond_the_usual_is_handed_on() -> None:
    candidates = [found(n, words, position=n) for n, words in ((1, 0.2), (2, 0.3), (3, 0.7))]
    candidates.append(found(4, position=4))
    scored = fuse.base(candidates, EVEN)

    fuse.around(scored, candidates, replace(EVEN, usual=1))

    assert order(scored) == [(3, 0.7), (2, 0.4), (1, 0.2), (4, 0.2)]
    assert [(why.by, why.via) for why in scored[4].why] == [("neighbour", 3)]


def test_a_passage_is_lifted_towards_its_best() -> None:
    weights = Weights(words=1, after=(), before=(), passage=0.5)
    far = fuse.PASSAGE + 1
    candidates = [found(1, 0.8, position=1), found(2, 0.2, position=4), found(3, 0.2, position=far)]
    candidates.append(found(4, 0.2, position=far + 1))
    scored = fuse.base(candidates, weights)

    fuse.around(scored, candidates, weights)

    assert order(scored) == [(1, 0.8), (2, 0.5), (3, 0.5), (4, 0.2)]


def test_only_the_best_hands_on_over_facts_and_what_it_reaches_is_found() -> None:
    scored = fuse.base([found(1, 0.8), found(2, 0.4)], EVEN)
    own = fuse.base([found(1, 0.8), found(2, 0.4)], EVEN)

    fuse.over_facts(scored, own, [Step(2, 12), Step(1, 12), Step(99, 13)], EVEN)

    assert order(scored) == [(1, 0.8), (2, 0.4), (12, 0.16)]
    assert [(why.by, why.via) for why in scored[12].why] == [("entity", 1)]


def test_whom_and_when_a_question_names_counts_more() -> None:
    candidates = [
        found(1, 0.5), found(2, 0.4, is_named=True),
        found(3, 0.4, said_at=datetime(2025, 6, 4, tzinfo=UTC)),
    ]  # fmt: skip
    scored = fuse.base(candidates, EVEN)

    fuse.favour(scored, candidates, [Span(6, 1)], EVEN)

    assert order(scored) == [(2, 0.8), (3, 0.6), (1, 0.5)]
    assert [scored[n].why[-1].by for n in (2, 3)] == ["speaker", "time"]


def test_age_halves() -> None:
    scored = fuse.base([found(1, 1.0), found(2, 1.0), found(3, 1.0)], EVEN)
    said = {1: NOW, 2: NOW - timedelta(days=30), 3: NOW + timedelta(days=1)}

    fuse.fade(scored, said, NOW, 30)

    assert order(scored) == [(1, 1.0), (3, 1.0), (2, 0.5)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("What did Ada do on 8 May, 2023?", [Span(5, 8, 2023)]),
        ("What happened on May 8th?", [Span(5, 8)]),
        ("Who was ill in March 2024?", [Span(3, None, 2024)]),
        ("Where was she in June?", [Span(6)]),
        ("What was said on 2023-05-08, and in 2023-06?", [Span(5, 8, 2023), Span(6, None, 2023)]),
        ("May I march in? She may come in May.", [Span(5)]),
        ("Is 2023-13 a month, or 31 things?", []),
    ],
)
def test_days_and_months_are_read(text: str, spans: list[Span]) -> None:
    assert list(spans_in(text)) == spans


def test_people_tell_of_a_day_soon_after_it() -> None:
    said = datetime(2024, 1, 3, 9, tzinfo=UTC)

    assert Span(12, 31).holds(said)
    assert Span(12, 31, 2023).holds(said)
    assert not Span(12, 31, 2024).holds(said)
    assert not Span(2, 30).holds(said)
    assert Span(12).holds(said)
    assert not Span(12, 20).holds(said)


def test_a_question_is_put_to_whom_it_names() -> None:
    asked = "What did Ada's sister give Ada, and not Adam?"

    assert words_of("Ada asks Ada") == ["ada", "asks"]
    assert in_first_person(asked, "ada") == "What did my sister give I, and not Adam?"
