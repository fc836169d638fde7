"""Rules by which knowledge is tidied up, without a model: the same facts give the same result."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..chain import canonical
from .model import Chunk, Fact

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def twins(
    chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]] | None, alike: float
) -> list[int]:
    """Notes that say again what an older one says.

    Args:
        chunks: Of one thread.
        vectors: Theirs, in the same order, each of length 1; without them, only words count.
        alike: From which cosine on two texts say the same. Numbers that differ never do.
    """
    order = sorted(range(len(chunks)), key=lambda n: (chunks[n].recorded_at, chunks[n].id))
    kept: list[int] = []
    again = []
    for n in order:
        chunk = chunks[n]
        if chunk.kind != "note" or chunk.text is None:
            continue
        if any(_same(n, other, chunks, vectors, alike) for other in kept):
            again.append(chunk.id)
        else:
            kept.append(n)
    return again


def contradicted(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Facts of one predicate that a newer one of the same subject contradicts, with that one."""
    by_subject: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.subject is not None and fact.closed_at is None:
            by_subject[fact.subject].append(fact)
    for subject in sorted(by_subject):
        of = by_subject[subject]
        new = max(of, key=lambda fact: (fact.valid_from, fact.confidence, fact.id))
        said = canonical(new.object)
        for old in sorted(of, key=lambda fact: fact.id):
            if canonical(old.object) != said:
                yield old, new


def _same(
    n: int,
    other: int,
    chunks: Sequence[Chunk],
    vectors: Sequence[Sequence[float]] | None,
    alike: float,
) -> bool:
    one, two = chunks[n], chunks[other]
    if one.trust != two.trust:
        return False  # a document does not speak for a person
    a, b = _folded(one.text), _folded(two.text)
    if a == b:
        return True
    if vectors is None or _NUMBER.findall(a) != _NUMBER.findall(b):
        return False
    return sum(x * y for x, y in zip(vectors[n], vectors[other], strict=True)) >= alike


def _folded(text: str | None) -> str:
    return " ".join((text or "").casefold().split()).rstrip(".!")
