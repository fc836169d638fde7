"""Recall: look in every way, fuse what was found, fetch the best."""

from datetime import UTC, datetime

from ...memory.author import Author
from ...memory.knowledge import fuse
from ...memory.knowledge.asks import Recall
from ...memory.knowledge.model import Hit, Recalled
from ...memory.storable import storable
from ..pool import Pool
from . import chunks, search
from .vectors import Vectors

FADING = 500
"""How many are looked at when age counts."""


async def recall(
    pool: Pool,
    vectors: Vectors,
    author: Author,
    asked: Recall,
    weights: fuse.Weights = fuse.WEIGHTS,
) -> Recalled:
    """What fits, best first."""
    storable(asked.query)
    embedder = await vectors.embedder() if "meaning" in asked.by else None
    vector = (await embedder.embed([asked.query]))[0] if embedder else None
    scope = search.Scope(
        author.workspace, asked.thread, tuple(asked.kinds), tuple(asked.trust), asked.as_of
    )
    async with pool.connection() as connection:
        words: fuse.Found = ()
        meaning: fuse.Found = ()
        if "words" in asked.by:
            words = await search.by_words(connection, scope, asked.query)
        if embedder and vector:
            also = [chunk for chunk, _ in words]
            meaning = await search.by_meaning(connection, scope, embedder.model, vector, also)
        scored = fuse.base(words, meaning, weights)
        seeds = fuse.seeds(scored)
        near = await search.around(connection, scope, seeds) if "neighbour" in asked.by else []
        linked = await search.related(connection, scope, seeds) if "entity" in asked.by else []
        scored = fuse.hop(scored, near, linked, weights)
        if asked.half_life_days is not None:
            scored = dict(fuse.ranked(scored, FADING))
            said = await chunks.fetch(connection, author.workspace, list(scored))
            now = asked.as_of or datetime.now(UTC)
            times = {number: chunk.said_at for number, chunk in said.items()}
            fuse.fade(scored, times, now, asked.half_life_days)
        best = fuse.ranked(scored, asked.limit)
        found = await chunks.fetch(connection, author.workspace, [chunk for chunk, _ in best])
    hits = tuple(
        Hit(chunk=found[chunk], score=round(each.score, 4), why=tuple(each.why))
        for chunk, each in best
        if chunk in found
    )
    note = "" if "meaning" not in asked.by or embedder else await vectors.note()
    return Recalled(hits=hits, model=embedder.model if embedder else None, note=note)
