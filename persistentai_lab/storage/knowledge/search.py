"""Finding chunks: by words (BM25), by meaning (vectors), and by what stands around both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from ...ids import Workspace
from ...memory.knowledge.fuse import Found, Step
from .vectors import literal

Connection = AsyncConnection[tuple[Any, ...]]
CANDIDATES = 200
"""How many each way of looking brings."""
EXACT_MAX = 20_000
"""Vectors of a workspace that are compared one by one; more are found through the index."""
ENTITY_MAX = 50
"""Facts about one thing that are followed: who is named everywhere says nothing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be found."""

    workspace: Workspace
    thread: str = ""
    kinds: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    as_of: datetime | None = None

    def values(self) -> dict[str, Any]:
        """As the statements below name them."""
        return {
            "workspace": self.workspace, "thread": self.thread, "kinds": list(self.kinds),
            "trust": list(self.trust), "as_of": self.as_of,
        }  # fmt: skip

    def visible(self) -> str:
        """The condition on `c`. Only what is asked for is in it: it is checked for thousands."""
        parts = ["c.text IS NOT NULL"]
        if self.as_of is None:
            parts += ["c.closed_at IS NULL", "(c.expires_at IS NULL OR c.expires_at > now())"]
        else:
            parts += [
                "c.recorded_at <= %(as_of)s",
                "(c.closed_at IS NULL OR c.closed_at > %(as_of)s)",
                "(c.expires_at IS NULL OR c.expires_at > %(as_of)s)",
            ]
        if self.thread:
            parts.append("starts_with(c.thread, %(thread)s)")
        if self.kinds:
            parts.append("c.kind = ANY(%(kinds)s)")
        if self.trust:
            parts.append("c.trust = ANY(%(trust)s)")
        return " AND ".join(parts)


async def by_words(connection: Connection, scope: Scope, query: str) -> Found:
    """Chunks by BM25: a word counts the more, the fewer chunks hold it."""
    asked = {**scope.values(), "query": query, "limit": CANDIDATES}
    cursor = await connection.execute(_WORDS.format(visible=scope.visible()), asked)
    return await cursor.fetchall()


async def by_meaning(
    connection: Connection,
    scope: Scope,
    model: str,
    vector: Sequence[float],
    also: Sequence[int],
) -> Found:
    """Chunks by the cosine of their vector and this one, and those of `also` with theirs."""
    asked = {
        **scope.values(), "model": model, "vector": literal(vector), "also": list(also),
        "limit": CANDIDATES,
    }  # fmt: skip
    count = await connection.execute(_HOW_MANY, (scope.workspace, model, EXACT_MAX + 1))
    row = await count.fetchone()
    few = len(vector) != 384 or row is None or row[0] <= EXACT_MAX
    if few:
        cursor = await connection.execute(_EXACT.format(visible=scope.visible()), asked)
        return await cursor.fetchall()
    async with connection.transaction():
        await connection.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        await connection.execute("SET LOCAL hnsw.ef_search = 400")
        cursor = await connection.execute(_NEAR.format(visible=scope.visible()), asked)
        return await cursor.fetchall()


async def around(connection: Connection, scope: Scope, seeds: Sequence[int]) -> list[Step]:
    """Ways to what stands next to them in their threads."""
    asked = {**scope.values(), "seeds": list(seeds)}
    cursor = await connection.execute(_AROUND.format(visible=scope.visible()), asked)
    return [Step(*row) for row in await cursor.fetchall()]


async def related(connection: Connection, scope: Scope, seeds: Sequence[int]) -> list[Step]:
    """Ways over facts: to what is said of the same things, and to where it was said."""
    asked = {**scope.values(), "seeds": list(seeds), "many": ENTITY_MAX}
    cursor = await connection.execute(_RELATED.format(visible=scope.visible()), asked)
    return [Step(*row) for row in await cursor.fetchall()]


_WORDS = """
WITH asked AS MATERIALIZED (
    SELECT unnest(tsvector_to_array(to_tsvector('english', %(query)s))) AS word
), total AS MATERIALIZED (
    SELECT count(*)::float8 AS chunks, greatest(avg(length), 1)::float8 AS length
    FROM pai.chunk c WHERE c.workspace = %(workspace)s AND {visible}
), found AS MATERIALIZED (
    SELECT w.word, w.chunk, w.times, c.length
    FROM asked JOIN pai.chunk_word w ON w.workspace = %(workspace)s AND w.word = asked.word
    JOIN pai.chunk c ON c.workspace = w.workspace AND c.id = w.chunk
    WHERE {visible}
), rarity AS MATERIALIZED (
    SELECT word, ln(1 + (total.chunks - count(chunk) + 0.5) / (count(chunk) + 0.5)) AS weight
    FROM asked LEFT JOIN found USING (word), total GROUP BY word, total.chunks
)
SELECT chunk, sum(
    weight * times / (times + 1.2 * (0.25 + 0.75 * found.length / total.length))
) / (SELECT sum(weight) FROM rarity) AS score
FROM found JOIN rarity USING (word), total
GROUP BY chunk ORDER BY score DESC, chunk LIMIT %(limit)s
"""
"""BM25 with k1 = 1.2, b = 0.75, as a share of what a text full of all these words would have: so a
question that shares but common words with a text says so, however it ranks."""
_HOW_MANY = """
SELECT count(*) FROM (
    SELECT FROM pai.text_vector WHERE workspace = %s AND model = %s LIMIT %s) AS few
"""
_EXACT = """
WITH near AS MATERIALIZED (
    SELECT c.id, 1 - (v.vector <=> %(vector)s::vector) AS score
    FROM pai.chunk c JOIN pai.text_vector v
      ON v.workspace = c.workspace AND v.model = %(model)s AND v.sha256 = c.sha256
    WHERE c.workspace = %(workspace)s AND {visible}
)
SELECT id, score FROM near WHERE id = ANY(%(also)s)
UNION (SELECT id, score FROM near ORDER BY score DESC, id LIMIT %(limit)s)
ORDER BY score DESC, id
"""
_NEAR = """
WITH near AS MATERIALIZED (
    SELECT sha256, (vector::vector(384)) <=> %(vector)s::vector(384) AS distance
    FROM pai.text_vector
    WHERE vector_dims(vector) = 384 AND workspace = %(workspace)s AND model = %(model)s
    ORDER BY (vector::vector(384)) <=> %(vector)s::vector(384) LIMIT %(limit)s
), known AS (
    SELECT c.sha256, v.vector <=> %(vector)s::vector AS distance
    FROM pai.chunk c JOIN pai.text_vector v
      ON v.workspace = c.workspace AND v.model = %(model)s AND v.sha256 = c.sha256
    WHERE c.workspace = %(workspace)s AND c.id = ANY(%(also)s)
)
SELECT c.id, 1 - min(distance) AS score
FROM (SELECT * FROM near UNION ALL SELECT * FROM known) AS both_ways
JOIN pai.chunk c ON c.workspace = %(workspace)s AND c.sha256 = both_ways.sha256
WHERE {visible}
GROUP BY c.id ORDER BY score DESC, c.id
"""
_AROUND = """
SELECT seed.id, c.id, (c.position - seed.position)::int
FROM pai.chunk seed
JOIN pai.chunk c ON c.workspace = seed.workspace AND c.thread = seed.thread
 AND c.position IN (seed.position - 1, seed.position + 1)
WHERE seed.workspace = %(workspace)s AND seed.id = ANY(%(seeds)s) AND seed.kind <> 'fact'
  AND {visible}
"""
_RELATED = """
WITH of_seed AS MATERIALIZED (
    SELECT s.id AS seed, f.id, f.subject, f.object, f.object_type
    FROM pai.chunk s JOIN pai.fact f ON f.workspace = s.workspace AND (
        f.id = s.fact OR (f.source_version IS NOT NULL AND f.source_kind = s.source_kind
        AND f.source_ref = s.source_ref AND f.source_version = s.source_version))
    WHERE s.workspace = %(workspace)s AND s.id = ANY(%(seeds)s) AND f.subject IS NOT NULL
), thing AS MATERIALIZED (
    SELECT DISTINCT seed, subject AS name FROM of_seed
    UNION SELECT DISTINCT seed, object::json #>> '{{}}' FROM of_seed WHERE object_type = 'entity'
), reached AS MATERIALIZED (
    SELECT seed, id FROM of_seed
    UNION
    SELECT thing.seed, f.id FROM thing CROSS JOIN LATERAL (
        SELECT id FROM pai.fact WHERE workspace = %(workspace)s AND subject = thing.name
        UNION
        SELECT id FROM pai.fact WHERE workspace = %(workspace)s
           AND md5(object) = md5(to_json(thing.name)::text) AND object_type = 'entity'
        LIMIT %(many)s
    ) AS f
)
SELECT DISTINCT reached.seed, c.id FROM reached
JOIN pai.fact f ON f.workspace = %(workspace)s AND f.id = reached.id
JOIN pai.chunk c ON c.workspace = f.workspace AND (c.fact = f.id OR (
    f.source_version IS NOT NULL AND c.source_kind = f.source_kind
    AND c.source_ref = f.source_ref AND c.source_version = f.source_version))
WHERE c.id <> reached.seed AND {visible}
"""
