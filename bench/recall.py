"""Does recall find the turns that answer a question, and how long does it take?

    python bench/recall.py [PATH] [--made SEED] [--weigh] [--together]

PATH is a file in LoCoMo's JSON form: conversations with sessions and turns, questions with the ids
of their evidence. Without it, our own conversations are taken (bench/data); `--made` takes some
that a rule makes from a seed. LoCoMo itself (CC BY-NC) is not ours to ship: get it from its
authors, and give its path.

Recall@k is the share of a question's evidence among the first k. Questions without an answer
(category 5) are left out. A question searches its own conversation; `--together` (the default for
ours, which are short) searches all of them. What is reported is of all conversations, with the
weights as they are, which were chosen on ours, on `--made 7` and on the first of LoCoMo's;
`--weigh` chooses anew on every other conversation, and reports of the others. Milliseconds are
those of a whole recall, the question's vector and the database included, one at a time; CPU is that
of this process alone.
"""

import argparse
import asyncio
import gc
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from support.locomo import CATEGORIES, Question, Talk, Turn, talks_of
from support.ours import new_home
from support.talks import talks as made_talks

from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.knowledge import fuse
from persistentai_lab.memory.knowledge.asks import Recall, Remember
from persistentai_lab.memory.knowledge.model import WAYS, Source, Way
from persistentai_lab.memory.knowledge.tokens import tokens_of
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.knowledge.recall import gather, recall, weigh
from persistentai_lab.storage.knowledge.vectors import Vectors
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.migrate import migrate
from persistentai_lab.storage.pool import Pool, make_pool

OURS = Path(__file__).parent / "data" / "conversations.json"
ME = Author(Workspace("bench"), "bench", "bench")
DEPTHS = (5, 10, 20)
AT_ONCE = 200
Retriever = Callable[[Question], Awaitable[Sequence[int]]]


@dataclass
class Found:
    """What a retriever found, question by question."""

    shares: dict[int, list[dict[int, float]]] = field(default_factory=lambda: defaultdict(list))
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    """Of this process: the machine may be busy with other things."""
    tokens: list[int] = field(default_factory=list)


async def fill(tree: MemoryTree, turns: Sequence[Turn]) -> list[int]:
    """Remember all turns; their chunks, in order."""
    ids: list[int] = []
    for start in range(0, len(turns), AT_ONCE):
        said = [
            Remember(
                text=turn.text, thread=turn.thread, kind="turn", said_at=turn.at,
                source=Source(kind="feed", ref=turn.thread, version=turn.name),
            )
            for turn in turns[start : start + AT_ONCE]
        ]  # fmt: skip
        ids += [receipt.version for receipt in await tree.write(ME, *said)]
    return ids


class Bench:
    """A corpus in a database, and ways to look into it."""

    def __init__(self, pool: Pool, turns: Sequence[Turn], ids: Sequence[int], together: bool):
        self.pool = pool
        self.vectors = Vectors(pool, None)
        self.together = together
        self.chunk = {(t.talk, t.name): chunk for t, chunk in zip(turns, ids, strict=True)}
        self.tokens = {chunk: tokens_of(turn.text) for chunk, turn in zip(ids, turns, strict=True)}
        self.of_talk: dict[str, list[int]] = defaultdict(list)
        for chunk, turn in zip(ids, turns, strict=True):
            self.of_talk[turn.talk].append(chunk)

    async def at_random(self, question: Question) -> Sequence[int]:
        everything = list(self.tokens) if self.together else self.of_talk[question.talk]
        return random.Random(question.text).sample(everything, min(20, len(everything)))

    async def last(self, question: Question) -> Sequence[int]:
        return self.of_talk[question.talk][:-21:-1]

    def asked(self, question: Question, by: frozenset[Way]) -> Recall:
        thread = "" if self.together else f"{question.talk}/"
        return Recall(query=question.text, limit=20, by=by, thread=thread)

    def by(self, *ways: Way, weights: fuse.Weights = fuse.WEIGHTS) -> Retriever:
        async def look(question: Question) -> Sequence[int]:
            asked = self.asked(question, frozenset(ways))
            found = await recall(self.pool, self.vectors, ME, asked, weights)
            return [hit.chunk.id for hit in found.hits]

        return look

    async def run(self, look: Retriever, questions: Sequence[Question]) -> Found:
        found = Found()
        self.vectors = Vectors(self.pool, await self.vectors.embedder())  # none is known yet
        for question in questions:
            began, cpu = time.perf_counter(), time.process_time()
            chunks = await look(question)
            found.wall_s.append(time.perf_counter() - began)
            found.cpu_s.append(time.process_time() - cpu)
            found.tokens.append(sum(self.tokens[chunk] for chunk in chunks[:10]))
            found.shares[question.category].append(self.shares(chunks, question))
        return found

    def shares(self, chunks: Sequence[int], question: Question) -> dict[int, float]:
        evidence = {self.chunk[question.talk, name] for name in question.evidence}
        return {depth: len(evidence & set(chunks[:depth])) / len(evidence) for depth in DEPTHS}

    async def weigh(self, questions: Sequence[Question]) -> fuse.Weights:
        """The weights that find most of these questions' evidence among ten."""
        gathered = []
        for question in questions:
            asked = self.asked(question, WAYS)
            gathered.append((question, asked, await gather(self.pool, self.vectors, ME, asked)))
        tried: list[tuple[float, fuse.Weights]] = []
        for words, after, before, usual, passage, speaker in product(
            (0.75, 1, 1.5), ((0.25, 0.1), (0.4, 0.2), (0.6, 0.3)),
            ((0.1, 0.05), (0.2, 0.1), (0.3, 0.15)), (0, 0.7, 1), (0, 0.15), (1.3, 1.75),
        ):  # fmt: skip
            weights = replace(
                fuse.WEIGHTS, words=words, after=after, before=before, usual=usual,
                passage=passage, speaker=speaker,
            )  # fmt: skip
            scores = [
                self.shares([chunk for chunk, _ in fuse.ranked(weigh(found, asked, weights), 10)],
                            question)[10]
                for question, asked, found in gathered
            ]  # fmt: skip
            tried.append((statistics.fmean(scores), weights))
        best, weights = max(tried, key=lambda each: each[0])
        print(f"weights chosen: {weights}, recall@10 there {best:.3f}")
        return weights


def row(name: str, found: Found) -> str:
    every = [each for shares in found.shares.values() for each in shares]
    cells = [f"{statistics.fmean(each[depth] for each in every):.3f}" for depth in DEPTHS]
    cells += [
        f"{statistics.fmean(each[10] for each in found.shares[category]):.3f}"
        if found.shares.get(category)
        else "–"
        for category in CATEGORIES
    ]
    for times in (sorted(found.wall_s), sorted(found.cpu_s)):
        cells += [f"{1e3 * times[int(q * (len(times) - 1))]:.1f}" for q in (0.5, 0.95)]
    return f"| {name} | {' | '.join(cells)} | {statistics.fmean(found.tokens):.0f} |"


async def measure(
    url: str, blobs: Path, talks: Sequence[Talk], asked: argparse.Namespace, together: bool
) -> None:
    turns = [turn for talk in talks for turn in talk.turns]
    async with make_pool(url, name="bench", min_size=1, max_size=4) as pool:
        began = time.process_time()
        ids = await fill(MemoryTree(pool, Blobs(pool, blobs)), turns)
        took = 1e3 * (time.process_time() - began) / len(turns)
        async with pool.connection() as connection:
            await connection.execute("ANALYZE")
        # Every other conversation is for choosing weights, the rest for the report.
        chosen = [question for talk in talks[0::2] for question in talk.questions]
        reported = [question for talk in talks[1::2] for question in talk.questions]
        if not asked.weigh or not reported:
            reported = [question for talk in talks for question in talk.questions]
        bench = Bench(pool, turns, ids, together)
        counted = {c: sum(q.category == c for q in reported) for c in CATEGORIES}
        print(
            f"{len(talks)} conversations, {len(turns)} turns ({took:.1f} CPU-ms each to remember)"
        )
        print(f"{len(reported)} questions reported, by category {counted};", end=" ")
        print(f"{sum(talk.left_out for talk in talks)} of all have no evidence to find")
        weights = await bench.weigh(chosen) if asked.weigh else fuse.WEIGHTS
        gc.freeze()  # as gateway and workers do
        await report(bench, reported, weights)


async def report(bench: Bench, questions: Sequence[Question], weights: fuse.Weights) -> None:
    ours = bench.by(*WAYS, weights=weights)
    for question in questions[:10]:  # the model is loaded with the first, statements prepared
        await ours(question)
    names = " | ".join(CATEGORIES.values())
    print(f"\n| recall | @5 | @10 | @20 | {names} (@10) |", end="")
    print(" p50 ms | p95 ms | p50 CPU | p95 CPU | tokens of 10 |")
    print(f"|{'---|' * (len(CATEGORIES) + 9)}")
    for name, look in (
        ("random", bench.at_random),
        ("last turns", bench.last),
        ("BM25", bench.by("words")),
        ("BM25 + hop", bench.by("words", "neighbour", weights=weights)),
        ("vectors", bench.by("meaning")),
        ("vectors + hop", bench.by("meaning", "neighbour", weights=weights)),
        ("BM25 + vectors", bench.by("words", "meaning", weights=weights)),
        ("ours", ours),
    ):
        print(row(name, await bench.run(look, questions)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, default=OURS)
    parser.add_argument("--made", type=int, metavar="SEED", help="synthetic conversations")
    parser.add_argument("--count", type=int, default=4, help="so many of them")
    parser.add_argument("--weigh", action="store_true", help="choose weights anew")
    parser.add_argument("--together", action="store_true", help="search all conversations")
    asked = parser.parse_args()
    if asked.made is not None:
        found = made_talks(asked.made, asked.count)
    else:
        found = json.loads(asked.path.read_text(encoding="utf-8"))
    together = asked.together or (asked.path == OURS and asked.made is None)
    home = new_home()
    postgres = EmbeddedPostgres(home)
    postgres.start()
    try:
        migrate(postgres.uri)
        asyncio.run(measure(postgres.uri, home.blobs, talks_of(found), asked, together))
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
