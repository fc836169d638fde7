"""Recall: look in every way, fuse what was found, fetch the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...memory.author import Author
from ...memory.knowledge import fuse
from ...memory.knowledge.asks import Recall
from ...memory.knowledge.model import Hit, Recalled
from ...memory.knowledge.question import in_first_person, spans_in, words_of
from ...memory.storable import storable
from ..pool import Pool
from . import chunks, search
from .scope import Scope
from .vectors import Vectors

FADING = 500
"""How many are looked at when age counts."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that speaks for what may be recalled, before anything is weighed."""

    candidates: Sequence[fuse.Candidate]
    steps: Sequence[fuse.Step]
    model: str | None


async def gather(pool: Pool, vectors: Vectors, author: Author, asked: Recall) -> Gathered:
    """Look in each way that is asked for."""
    storable(asked.query)
    embedder = await vectors.embedder() if "meaning" in asked.by else None
    scope = Scope(
        author.workspace, asked.thread, tuple(asked.kinds), tuple(asked.trust), asked.as_of
    )
    names = words_of(asked.query) if "speaker" in asked.by else ()
    async with pool.connection() as connection:
        ground = await search.survey(connection, scope, names)
    vector, model = None, ""
    if embedder:
        model, texts = embedder.model, [asked.query]
        if len(ground.names) == 1:
            texts.append(in_first_person(asked.query, ground.names[0]))
        vector = await vectors.of_question(texts)
    async with pool.connection() as connection:
        candidates = await search.look(
            connection, scope, ground, asked.query, asked.by, model, vector
        )
        steps: Sequence[fuse.Step] = ()
        if "entity" in asked.by and ground.has_facts:
            seeds = fuse.seeds(fuse.base(candidates))
            steps = await search.related(connection, scope, seeds)
    return Gathered(candidates, steps, embedder.model if embedder else None)


def weigh(
    found: Gathered, asked: Recall, weights: fuse.Weights = fuse.WEIGHTS
) -> dict[int, fuse.Scored]:
    """What each has by itself, what others hand on to it, and whether whoever is named said it."""
    scored = fuse.base(found.candidates, weights)
    own = {chunk: fuse.Scored(each.score, []) for chunk, each in scored.items()}
    if "neighbour" in asked.by:
        fuse.around(scored, found.candidates, weights)
    spans = spans_in(asked.query) if "time" in asked.by else ()
    fuse.favour(scored, found.candidates, spans, weights)
    fuse.over_facts(scored, own, found.steps, weights)
    return scored


async def recall(
    pool: Pool,
    vectors: Vectors,
    author: Author,
    asked: Recall,
    weights: fuse.Weights = fuse.WEIGHTS,
) -> Recalled:
    """What fits, best first."""
    gathered = await gather(pool, vectors, author, asked)
    scored = weigh(gathered, asked, weights)
    async with pool.connection() as connection:
        if asked.half_life_days is not None:
            scored = dict(fuse.ranked(scored, FADING))
            said = await chunks.fetch(connection, author.workspace, list(scored))
            now = asked.as_of or datetime.now(UTC)
            times = {number: chunk.said_at for number, chunk in said.items()}
            fuse.fade(scored, times, now, asked.half_life_days)
        best = fuse.ranked(scored, asked.limit)
        found = await chunks.fetch(connection, author.workspace, [chunk for chunk, _ in best])
    hits = tuple(
        Hit(chunk=found[chunk], score=round(each.score, 4), why=each.reasons())
        for chunk, each in best
        if chunk in found
    )
    note = "" if "meaning" not in asked.by or gathered.model else await vectors.note()
    return Recalled(hits=hits, model=gathered.model, note=note)
