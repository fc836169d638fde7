"""One order out of several, by arithmetic that can be followed."""

from datetime import UTC, datetime, timedelta

from persistentai_lab.memory.knowledge import fuse
from persistentai_lab.memory.knowledge.fuse import Step, Weights

EVEN = Weights(words=1, meaning=1, after=0.5, before=0.25, entity=0.2)


def order(scored: dict[int, fuse.Scored]) -> list[tuple[int, float]]:
    return [(chunk, round(each.score, 3)) for chunk, each in fuse.ranked(scored, 10)]


def test_what_both_ways_find_comes_first() -> None:
    scored = fuse.base([(1, 0.6), (2, 0.5)], [(3, 0.7), (2, 0.4), (4, -0.2)], EVEN)

    assert order(scored) == [(2, 0.9), (3, 0.7), (1, 0.6), (4, 0.0)]
    assert [(why.by, why.rank) for why in scored[2].why] == [("words", 2), ("meaning", 2)]


def test_what_follows_gets_more_than_what_stood_before_and_only_the_best_hands_on() -> None:
    scored = fuse.base([(1, 0.8), (2, 0.4)], [], EVEN)
    steps = [Step(1, 10, 1), Step(1, 11, -1), Step(2, 10, -1)]

    result = fuse.hop(scored, steps, [Step(1, 12)], EVEN)

    assert order(result) == [(1, 0.8), (2, 0.4), (10, 0.4), (11, 0.2), (12, 0.16)]
    assert (result[10].why[0].via, result[12].why[0].by) == (1, "entity")
    assert scored.keys() == {1, 2}


def test_age_halves() -> None:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    scored = fuse.base([(1, 1.0), (2, 1.0), (3, 1.0)], [], EVEN)
    said = {1: now, 2: now - timedelta(days=30), 3: now + timedelta(days=1)}

    fuse.fade(scored, said, now, 30)

    assert order(scored) == [(1, 1.0), (3, 1.0), (2, 0.5)]
