"""One order out of several: what words say, what meaning says, and what stands around both."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .model import Reason, Way
from .question import Span


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much.

    Chosen by the measure of `bench/recall.py`, on our conversations, on made ones and on one of
    LoCoMo's. Ours are mostly asked about in other words than they use, LoCoMo's mostly in the same:
    these weights serve both.
    """

    words: float = 1.0
    meaning: float = 1.0
    after: tuple[float, ...] = (0.4, 0.2)
    """What a chunk hands on to the next one, and to the one after: what follows on a question is
    often its answer."""
    before: tuple[float, ...] = (0.2, 0.1)
    """And to those before it."""
    usual: float = 0.7
    """So much of the candidates' mean is handed on by none. All texts of a conversation are a
    little like a question about it; that much from every neighbour would drown what a few say."""
    passage: float = 0.15
    """So much of the way all of a passage are lifted to the best of it."""
    entity: float = 0.3
    """What a chunk hands on to those that share a fact's subject or object with it."""
    speaker: float = 1.75
    """So many times as much counts what was said by whom the question names."""
    time: float = 1.5
    """And what was said when it says."""


WEIGHTS = Weights()
PASSAGE = 8
"""So many places on and back."""
SEEDS = 60
"""How many of the best hand something on over facts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk, with what each way of looking says of it."""

    id: int
    thread: str
    position: int | None
    """None: nothing stands around it."""
    words: float
    """BM25, as a share of one."""
    meaning: float | None
    """The cosine; None without a vector."""
    said_at: datetime
    is_named: bool = False
    """Said by whom the question names."""


@dataclass(frozen=True, slots=True)
class Step:
    """A way over facts from one chunk to another."""

    seed: int
    to: int


class Why(NamedTuple):
    """What will be a `Reason`, should the chunk be among the best."""

    by: Way
    rank: int
    score: float
    via: int | None = None


@dataclass(slots=True)
class Scored:
    """A chunk with what speaks for it."""

    score: float
    why: list[Why]

    def reasons(self) -> tuple[Reason, ...]:
        """As a person is told."""
        return tuple(
            Reason(by=why.by, rank=why.rank, score=round(why.score, 4), via=why.via)
            for why in self.why
        )


def base(candidates: Sequence[Candidate], weights: Weights = WEIGHTS) -> dict[int, Scored]:
    """Words and meaning together. Both are shares of one, so that a weak best stays weak."""
    scored = {each.id: Scored(0.0, []) for each in candidates}
    words = {each.id: each.words for each in candidates if each.words > 0}
    near = {each.id: each.meaning for each in candidates if each.meaning is not None}
    _add(scored, "words", words, weights.words)
    _add(scored, "meaning", near, weights.meaning)
    return scored


def seeds(scored: Mapping[int, Scored]) -> list[int]:
    """Those that hand something on over facts, best first."""
    return sorted(scored, key=lambda chunk: (-scored[chunk].score, chunk))[:SEEDS]


def around(
    scored: dict[int, Scored], candidates: Sequence[Candidate], weights: Weights = WEIGHTS
) -> None:
    """Add what each is handed on by what stands around it, of what that has beyond the usual."""
    threads: dict[str, dict[int, int]] = defaultdict(dict)
    for each in candidates:
        if each.position is not None:
            threads[each.thread][each.position] = each.id
    own = {chunk: entry.score for chunk, entry in scored.items()}
    usual = weights.usual * sum(own.values()) / max(len(own), 1)
    ways = [(-n, weight) for n, weight in enumerate(weights.after, 1)]
    ways += [(n, weight) for n, weight in enumerate(weights.before, 1)]
    gains: dict[int, float] = {}
    via: dict[int, int] = {}
    for places in threads.values():
        order = sorted(places)
        for position, chunk in places.items():
            handed = [
                (weight * (own[other] - usual), other)
                for way, weight in ways
                if (other := places.get(position + way)) is not None and own[other] > usual
            ]
            begin = bisect_left(order, position - PASSAGE)
            passage = order[begin : bisect_right(order, position + PASSAGE)]
            best = max((places[p] for p in passage), key=own.__getitem__)
            handed.append((weights.passage * (own[best] - own[chunk]), best))
            if (gain := sum(part for part, _ in handed)) > 0:
                gains[chunk], via[chunk] = gain, max(handed)[1]
    _add(scored, "neighbour", gains, 1.0, via)


def over_facts(
    scored: dict[int, Scored],
    own: Mapping[int, Scored],
    steps: Sequence[Step],
    weights: Weights = WEIGHTS,
) -> None:
    """Add the best that others hand on over facts of their `own`; what was none becomes a hit."""
    gains: dict[int, float] = {}
    via: dict[int, int] = {}
    for step in steps:
        gain = weights.entity * own[step.seed].score if step.seed in own else 0.0
        if gain > gains.get(step.to, 0.0):
            gains[step.to], via[step.to] = gain, step.seed
    for chunk in gains:
        scored.setdefault(chunk, Scored(0.0, []))
    _add(scored, "entity", gains, 1.0, via)


def favour(
    scored: dict[int, Scored],
    candidates: Sequence[Candidate],
    spans: Collection[Span] = (),
    weights: Weights = WEIGHTS,
) -> None:
    """Prefer what was said by whom the question names, and when it says."""
    for each in candidates:
        entry = scored[each.id]
        if each.is_named:
            entry.score *= weights.speaker
            entry.why.append(Why("speaker", 1, weights.speaker))
        if any(span.holds(each.said_at) for span in spans):
            entry.score *= weights.time
            entry.why.append(Why("time", 1, weights.time))


def fade(
    scored: Mapping[int, Scored], said: Mapping[int, datetime], now: datetime, half_life_days: float
) -> None:
    """What is older counts less: half after so many days."""
    for chunk, entry in scored.items():
        age = max((now - said[chunk]).total_seconds(), 0.0) / 86_400
        entry.score *= 0.5 ** (age / half_life_days)


def ranked(scored: Mapping[int, Scored], limit: int) -> list[tuple[int, Scored]]:
    """The best, in an order that is the same whenever the scores are."""
    spoken_for = [chunk for chunk in scored if scored[chunk].why]
    order = sorted(spoken_for, key=lambda chunk: (-round(scored[chunk].score, 9), chunk))
    return [(chunk, scored[chunk]) for chunk in order[:limit]]


def _add(
    scored: Mapping[int, Scored],
    by: Way,
    gains: Mapping[int, float],
    weight: float,
    via: Mapping[int, int] | None = None,
) -> None:
    order = sorted(gains, key=lambda chunk: (-gains[chunk], chunk))
    for rank, chunk in enumerate(order, 1):
        entry = scored[chunk]
        entry.score += weight * max(gains[chunk], 0.0)
        entry.why.append(Why(by, rank, gains[chunk], via[chunk] if via else None))
