"""One order out of several: what words say, what meaning says, and what stands around both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .model import Reason

Found = Sequence[tuple[int, float]]
"""Chunks with their score, best first."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much. Chosen by `bench/recall.py` on conversations it does not report on."""

    words: float = 0.75
    meaning: float = 1.0
    after: float = 0.45
    """What a chunk hands on to the next one: what follows on a question is often its answer."""
    before: float = 0.3
    """And to the one before."""
    entity: float = 0.3
    """What it hands on to those that share a fact's subject or object with it."""


WEIGHTS = Weights()
SEEDS = 60
"""How many of the best hand something on."""


@dataclass(frozen=True, slots=True)
class Step:
    """A way from one chunk to another."""

    seed: int
    to: int
    places: int = 1
    """How far on in the thread; back, if negative."""


@dataclass(slots=True)
class Scored:
    """A chunk with what speaks for it."""

    score: float
    why: list[Reason]


def base(words: Found, meaning: Found, weights: Weights = WEIGHTS) -> dict[int, Scored]:
    """Both together. Both are shares of one, so that a weak best stays weak."""
    scored: dict[int, Scored] = {}
    for found, weight, by in (
        (words, weights.words, "words"),
        (meaning, weights.meaning, "meaning"),
    ):
        for rank, (chunk, score) in enumerate(found, 1):
            entry = scored.setdefault(chunk, Scored(0.0, []))
            entry.score += weight * max(score, 0.0)
            entry.why.append(Reason(by=by, rank=rank, score=round(score, 4)))  # type: ignore[arg-type]
    return scored


def seeds(scored: Mapping[int, Scored]) -> list[int]:
    """Those that hand something on, best first."""
    return sorted(scored, key=lambda chunk: (-scored[chunk].score, chunk))[:SEEDS]


def hop(
    scored: Mapping[int, Scored],
    neighbours: Sequence[Step],
    entities: Sequence[Step],
    weights: Weights = WEIGHTS,
) -> dict[int, Scored]:
    """What each has by itself, and the best that others hand on to it."""
    result = {chunk: Scored(each.score, list(each.why)) for chunk, each in scored.items()}
    for by, steps in (("neighbour", neighbours), ("entity", entities)):
        best: dict[int, tuple[float, int]] = {}
        for step in steps:
            weight = weights.entity
            if by == "neighbour":
                weight = weights.after if step.places > 0 else weights.before
            gain = weight * scored[step.seed].score
            if gain > best.get(step.to, (0.0, 0))[0]:
                best[step.to] = (gain, step.seed)
        order = sorted(best, key=lambda chunk: (-best[chunk][0], chunk))
        for rank, chunk in enumerate(order, 1):
            gain, via = best[chunk]
            entry = result.setdefault(chunk, Scored(0.0, []))
            entry.score += gain
            entry.why.append(Reason(by=by, rank=rank, score=round(gain, 4), via=via))  # type: ignore[arg-type]
    return result


def fade(
    scored: Mapping[int, Scored], said: Mapping[int, datetime], now: datetime, half_life_days: float
) -> None:
    """What is older counts less: half after so many days."""
    for chunk, entry in scored.items():
        age = max((now - said[chunk]).total_seconds(), 0.0) / 86_400
        entry.score *= 0.5 ** (age / half_life_days)


def ranked(scored: Mapping[int, Scored], limit: int) -> list[tuple[int, Scored]]:
    """The best, in an order that is the same whenever the scores are."""
    order = sorted(scored, key=lambda chunk: (-round(scored[chunk].score, 9), chunk))
    return [(chunk, scored[chunk]) for chunk in order[:limit]]
