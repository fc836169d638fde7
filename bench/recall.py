"""Does recall find the turns that answer a question, and how long does it take?

    python bench/recall.py [PATH] [--weigh] [--together]

PATH is a file in LoCoMo's JSON form: conversations with sessions and turns, questions with the ids
of their evidence. Without it, our own conversations are taken (bench/data). LoCoMo itself
(CC BY-NC) is not ours to ship: get it from its authors, and give its path.

Recall@k is the share of a question's evidence among the first k. Questions without an answer
(category 5) are left out. A question searches its own conversation; `--together` (the default for
ours, which are short) searches all of them. `--weigh` tries weights on every other conversation;
what is reported is of the others only, always. Milliseconds are those of a whole recall, the
question's vector and the database included, one at a time.
"""

import argparse
import asyncio
import json
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from support.ours import new_home

from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.knowledge import fuse
from persistentai_lab.memory.knowledge.asks import Recall, Remember
from persistentai_lab.memory.knowledge.model import Source
from persistentai_lab.memory.knowledge.tokens import tokens_of
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.knowledge import search
from persistentai_lab.storage.knowledge.recall import recall
from persistentai_lab.storage.knowledge.vectors import Vectors
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.migrate import migrate
from persistentai_lab.storage.pool import Pool, make_pool

OURS = Path(__file__).parent / "data" / "conversations.json"
ME = Author(Workspace("bench"), "bench", "bench")
CATEGORIES = {1: "several turns", 2: "time", 3: "concluded", 4: "one turn"}
DEPTHS = (5, 10, 20)
AT_ONCE = 200
Retriever = Callable[["Question"], Awaitable[Sequence[int]]]


@dataclass(frozen=True)
class Turn:
    thread: str
    name: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Question:
    thread: str
    text: str
    category: int
    evidence: frozenset[int]


@dataclass
class Found:
    """What a retriever found, question by question."""

    shares: dict[int, list[dict[int, float]]]
    times: list[float]
    tokens: list[int]


def turns_of(talk: dict) -> Iterator[Turn]:
    said = talk["conversation"]
    number = 1
    while f"session_{number}" in said or f"session_{number}_date_time" in said:
        at = moment(said.get(f"session_{number}_date_time", ""))
        for turn in said.get(f"session_{number}") or ():
            shown = f" [shows {turn['blip_caption']}]" if turn.get("blip_caption") else ""
            text = f"{turn['speaker']}: {turn['text']}{shown}"
            yield Turn(talk["sample_id"], turn["dia_id"], text, at)
        number += 1


def moment(text: str) -> datetime:
    """`1:56 pm on 8 May, 2023`."""
    try:
        return datetime.strptime(text.upper(), "%I:%M %p ON %d %B, %Y").replace(tzinfo=UTC)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)


def questions_of(talk: dict, known: dict[tuple[str, str], int]) -> Iterator[Question]:
    for asked in talk["qa"]:
        # Some of LoCoMo's evidence is written `D8:6; D9:17`.
        names = [name for each in asked["evidence"] for name in re.findall(r"D\d+:\d+", each)]
        found = {known[key] for name in names if (key := (talk["sample_id"], name)) in known}
        if found and asked["category"] in CATEGORIES:
            yield Question(
                talk["sample_id"], asked["question"], asked["category"], frozenset(found)
            )


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
        self.tokens = {chunk: tokens_of(turn.text) for chunk, turn in zip(ids, turns, strict=True)}
        self.by_thread: dict[str, list[int]] = defaultdict(list)
        for chunk, turn in zip(ids, turns, strict=True):
            self.by_thread[turn.thread].append(chunk)

    def scope(self, question: Question) -> list[int]:
        if not self.together:
            return self.by_thread[question.thread]
        return [chunk for thread in self.by_thread.values() for chunk in thread]

    async def at_random(self, question: Question) -> Sequence[int]:
        everything = self.scope(question)
        return random.Random(question.text).sample(everything, min(20, len(everything)))

    async def last(self, question: Question) -> Sequence[int]:
        return self.by_thread[question.thread][:-21:-1]

    def by(self, *ways: str, weights: fuse.Weights = fuse.WEIGHTS) -> Retriever:
        async def look(question: Question) -> Sequence[int]:
            thread = "" if self.together else question.thread
            asked = Recall(query=question.text, limit=20, by=ways, thread=thread)
            found = await recall(self.pool, self.vectors, ME, asked, weights)
            return [hit.chunk.id for hit in found.hits]

        return look

    async def run(self, look: Retriever, questions: Sequence[Question]) -> Found:
        found = Found(defaultdict(list), [], [])
        for question in questions:
            began = time.perf_counter()
            chunks = await look(question)
            found.times.append(time.perf_counter() - began)
            found.tokens.append(sum(self.tokens[chunk] for chunk in chunks[:10]))
            found.shares[question.category].append(shares(chunks, question))
        return found

    async def weigh(self, questions: Sequence[Question]) -> fuse.Weights:
        """The weights that find most of these questions' evidence among ten."""
        gathered = [await self._gather(question) for question in questions]
        best, best_score = fuse.WEIGHTS, 0.0
        for share, after, before in product(
            (0.5, 0.75, 1, 1.5, 2), (0, 0.15, 0.3, 0.45, 0.6), (0, 0.15, 0.3)
        ):
            weights = replace(fuse.WEIGHTS, words=share, after=after, before=before)
            found = []
            for question, words, near, steps in gathered:
                scored = fuse.base(words, near, weights)
                seeds = set(fuse.seeds(scored))
                ways = [step for step in steps if step.seed in seeds]
                order = fuse.ranked(fuse.hop(scored, ways, [], weights), 20)
                found.append(shares([chunk for chunk, _ in order], question)[10])
            score = statistics.fmean(found)
            if score > best_score + 1e-9:
                best, best_score = weights, score
        print(f"weights chosen: {best}, recall@10 there {best_score:.3f}")
        return best

    async def _gather(self, question: Question) -> tuple:
        embedder = await self.vectors.embedder()
        (vector,) = await embedder.embed([question.text])
        scope = search.Scope(ME.workspace, "" if self.together else question.thread)
        async with self.pool.connection() as connection:
            words = await search.by_words(connection, scope, question.text)
            also = [chunk for chunk, _ in words]
            near = await search.by_meaning(connection, scope, embedder.model, vector, also)
            seeds = {chunk for chunk, _ in (*words, *near)}
            steps = await search.around(connection, scope, sorted(seeds))
        return question, words, near, steps


def shares(chunks: Sequence[int], question: Question) -> dict[int, float]:
    return {
        depth: len(question.evidence & set(chunks[:depth])) / len(question.evidence)
        for depth in DEPTHS
    }


def row(name: str, found: Found) -> str:
    every = [each for shares in found.shares.values() for each in shares]
    cells = [f"{statistics.fmean(each[depth] for each in every):.3f}" for depth in DEPTHS]
    cells += [
        f"{statistics.fmean(each[10] for each in found.shares[category]):.3f}"
        if found.shares.get(category)
        else "–"
        for category in CATEGORIES
    ]
    times = sorted(found.times)
    cells += [f"{1e3 * times[int(q * (len(times) - 1))]:.1f}" for q in (0.5, 0.95)]
    return f"| {name} | {' | '.join(cells)} | {statistics.fmean(found.tokens):.0f} |"


async def measure(
    url: str, blobs: Path, talks: Sequence[dict], weigh: bool, together: bool
) -> None:
    turns = [turn for talk in talks for turn in turns_of(talk)]
    async with make_pool(url, name="bench", min_size=1, max_size=4) as pool:
        began = time.process_time()
        ids = await fill(MemoryTree(pool, Blobs(pool, blobs)), turns)
        took = 1e3 * (time.process_time() - began) / len(turns)
        async with pool.connection() as connection:
            await connection.execute("ANALYZE")
        known = {(t.thread, t.name): chunk for t, chunk in zip(turns, ids, strict=True)}
        asked = [list(questions_of(talk, known)) for talk in talks]
        # Every other conversation is for choosing weights, the rest for the report.
        chosen = [question for each in asked[0::2] for question in each]
        reported = [question for each in asked[1::2] for question in each] or chosen
        bench = Bench(pool, turns, ids, together)
        print(f"{len(turns)} turns ({took:.1f} CPU-ms each to remember), ", end="")
        print(f"{len(reported)} questions reported, {len(chosen)} to choose weights by")
        weights = await bench.weigh(chosen) if weigh else fuse.WEIGHTS
        await report(bench, reported, weights)


async def report(bench: Bench, questions: Sequence[Question], weights: fuse.Weights) -> None:
    hybrid = bench.by("words", "meaning", "neighbour", "entity", weights=weights)
    await hybrid(questions[0])  # the model is loaded with the first
    names = " | ".join(CATEGORIES.values())
    print(f"\n| recall | @5 | @10 | @20 | {names} (@10) | p50 ms | p95 ms | tokens of 10 |")
    print(f"|{'---|' * (len(CATEGORIES) + 7)}")
    for name, look in (
        ("random", bench.at_random),
        ("last turns", bench.last),
        ("BM25", bench.by("words")),
        ("BM25 + neighbour", bench.by("words", "neighbour", weights=weights)),
        ("vectors", bench.by("meaning")),
        ("vectors + neighbour", bench.by("meaning", "neighbour", weights=weights)),
        ("BM25 + vectors", bench.by("words", "meaning", weights=weights)),
        ("hybrid", hybrid),
    ):
        print(row(name, await bench.run(look, questions)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, default=OURS)
    parser.add_argument("--weigh", action="store_true", help="choose weights anew")
    parser.add_argument("--together", action="store_true", help="search all conversations")
    args = parser.parse_args()
    talks = json.loads(args.path.read_text(encoding="utf-8"))
    together = args.together or args.path == OURS
    home = new_home()
    postgres = EmbeddedPostgres(home)
    postgres.start()
    try:
        migrate(postgres.uri)
        asyncio.run(measure(postgres.uri, home.blobs, talks, args.weigh, together))
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
