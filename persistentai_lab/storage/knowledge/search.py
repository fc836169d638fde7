"""Finding chunks: by words (BM25), by meaning (vectors), with what stands around both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from ...memory.knowledge.fuse import Candidate, Step
from ...memory.knowledge.model import Way
from .scope import Scope
from .vectors import literal

Connection = AsyncConnection[tuple[Any, ...]]
CANDIDATES = 40
"""How many each way of looking brings; those around them come besides."""
EXACT_MAX = 8_000
"""Chunks of a scope whose vectors are compared one by one; more are found through the index."""
ENTITY_MAX = 50
"""Facts about one thing that are followed: who is named everywhere says nothing."""
INDEXED = 384
"""Numbers of the vectors that have an index."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to look into."""

    is_small: bool
    """Small enough to compare all vectors."""
    has_facts: bool
    names: tuple[str, ...]
    """Of those who speak in it, which the question names; folded."""


async def survey(connection: Connection, scope: Scope, words: Collection[str]) -> Ground:
    """Look at what there is, before anything is searched."""
    asked = {**scope.values(), "words": list(words), "most": EXACT_MAX + 1}
    cursor = await connection.execute(_SURVEY.format(visible=scope.visible()), asked)
    row = await cursor.fetchone()
    assert row is not None
    return Ground(row[0] <= EXACT_MAX, row[1], tuple(row[2] or ()))


async def look(
    connection: Connection,
    scope: Scope,
    ground: Ground,
    query: str,
    by: Collection[Way],
    model: str = "",
    vector: Sequence[float] | None = None,
) -> list[Candidate]:
    """What words and meaning find, and what stands around it, in one statement."""
    asked = {
        **scope.values(), "query": query if "words" in by else "", "limit": CANDIDATES,
        "names": list(ground.names) if "speaker" in by else [], "model": model,
        "vector": vector and literal(vector), "places": 2 if "neighbour" in by else 0,
    }  # fmt: skip
    is_exact = ground.is_small or len(vector or ()) != INDEXED
    statement = _statement(scope.visible(), vector is not None, is_exact)
    if vector is None or is_exact:
        return await _candidates(connection, statement, asked)
    async with connection.transaction():
        # What is filtered out does not count: the index is asked for more until there are enough.
        await connection.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        await connection.execute(f"SET LOCAL hnsw.ef_search = {6 * CANDIDATES}")
        return await _candidates(connection, statement, asked)


async def related(connection: Connection, scope: Scope, seeds: Sequence[int]) -> list[Step]:
    """Ways over facts: to what is said of the same things, and to where it was said."""
    asked = {**scope.values(), "seeds": list(seeds), "many": ENTITY_MAX}
    cursor = await connection.execute(_RELATED.format(visible=scope.visible()), asked)
    return [Step(*row) for row in await cursor.fetchall()]


async def _candidates(
    connection: Connection, statement: str, asked: dict[str, Any]
) -> list[Candidate]:
    async with connection.cursor(row_factory=class_row(Candidate)) as cursor:
        await cursor.execute(statement, asked)
        return await cursor.fetchall()


def _statement(visible: str, has_vector: bool, is_exact: bool) -> str:
    near, meaning = _NEAR_NONE, "NULL::float8"
    if has_vector:
        near, meaning = (_NEAR_EXACT if is_exact else _NEAR_INDEX), _MEANING
    return (_SEEN if is_exact else _MANY).format(visible=visible) + _LOOK.format(
        visible=visible, near=near.format(visible=visible), meaning=meaning, speaker=SPEAKER
    )


SPEAKER = r"lower(substring(c.text from '^(\w+)[^:\n]{0,60}: '))"
"""The first word of who says it. There is an index over just this."""
_SURVEY = (
    """
SELECT (SELECT count(*) FROM (
            SELECT FROM pai.chunk c WHERE {visible} LIMIT %(most)s) AS few),
       EXISTS (SELECT FROM pai.fact WHERE workspace = %(workspace)s),
       (SELECT array_agg(word) FROM unnest(%(words)s::text[]) AS word WHERE EXISTS (
            SELECT FROM pai.chunk c
            WHERE c.kind = 'turn' AND """
    + SPEAKER.replace("{", "{{").replace("}", "}}")
    + """ = word AND {visible}))
"""
)
_SEEN = """
WITH seen AS MATERIALIZED (
    SELECT c.id, c.length, c.sha256 FROM pai.chunk c WHERE {visible}
), total AS MATERIALIZED (
    SELECT count(*)::float8 AS chunks, greatest(avg(length), 1)::float8 AS length FROM seen
)"""
_MANY = """
WITH seen AS NOT MATERIALIZED (
    SELECT c.id, c.length, c.sha256 FROM pai.chunk c WHERE {visible}
), total AS MATERIALIZED (
    SELECT (SELECT sum(chunks)::float8 FROM pai.knowledge_thread WHERE workspace = %(workspace)s)
               AS chunks,
           (SELECT greatest(avg(length), 1)::float8 FROM (
                SELECT length FROM pai.chunk WHERE workspace = %(workspace)s
                ORDER BY id DESC LIMIT 1000) AS newest) AS length
)"""
"""Of many, how many there are and how long they are is told near enough."""
_LOOK = """, asked AS MATERIALIZED (
    SELECT unnest(tsvector_to_array(to_tsvector('english', %(query)s))) AS word
), found AS MATERIALIZED (
    SELECT w.word, w.chunk, w.times, seen.length
    FROM asked JOIN pai.chunk_word w ON w.workspace = %(workspace)s AND w.word = asked.word
    JOIN seen ON seen.id = w.chunk
), rarity AS MATERIALIZED (
    SELECT word, ln(1 + greatest(total.chunks - count(chunk) + 0.5, 0.5) / (count(chunk) + 0.5))
        AS weight
    FROM asked LEFT JOIN found USING (word), total GROUP BY word, total.chunks
), worded AS MATERIALIZED (
    SELECT chunk AS id, sum(
        weight * times / (times + 0.9 * (0.6 + 0.4 * found.length / total.length))
    ) / (SELECT sum(weight) FROM rarity) AS score
    FROM found JOIN rarity USING (word), total GROUP BY chunk
), near AS MATERIALIZED ({near}), few AS MATERIALIZED (
    (SELECT id FROM worded ORDER BY score DESC, id LIMIT %(limit)s)
    UNION (SELECT id FROM near ORDER BY score DESC, id LIMIT %(limit)s)
), more AS MATERIALIZED (
    SELECT id FROM few
    UNION SELECT c.id FROM few
    JOIN pai.chunk s ON s.workspace = %(workspace)s AND s.id = few.id AND s.kind <> 'fact'
    JOIN pai.chunk c ON c.workspace = %(workspace)s AND c.thread = s.thread
     AND c.position BETWEEN s.position - %(places)s AND s.position + %(places)s
    WHERE %(places)s > 0 AND {visible}
)
SELECT c.id, c.thread, CASE WHEN c.kind <> 'fact' THEN c.position END AS position,
       coalesce(worded.score, 0)::float8 AS words, {meaning} AS meaning, c.said_at,
       coalesce(c.kind = 'turn' AND cardinality(%(names)s::text[]) > 0
                AND {speaker} = ANY(%(names)s::text[]), false) AS is_named
FROM more JOIN pai.chunk c ON c.workspace = %(workspace)s AND c.id = more.id
LEFT JOIN worded ON worded.id = c.id
"""
"""BM25 with k1 = 0.9, b = 0.4, as is usual for short passages: a word said twice is hardly more of
a sign than once, and a long turn tells more, it does not ramble. Given as a share of what a text
full of all these words would have: so a question that shares but common words with a text says so,
however it ranks."""
_MEANING = """(
    SELECT -(v.vector <#> %(vector)s::vector)::float8 FROM pai.text_vector v
    WHERE v.workspace = %(workspace)s AND v.model = %(model)s AND v.sha256 = c.sha256)"""
"""All vectors are of length 1, but for a question's that is the mean of two."""
_NEAR_NONE = "SELECT NULL::bigint AS id, NULL::float8 AS score WHERE false"
_NEAR_EXACT = """
    SELECT seen.id, -(v.vector <#> %(vector)s::vector)::float8 AS score
    FROM seen JOIN pai.text_vector v
      ON v.workspace = %(workspace)s AND v.model = %(model)s AND v.sha256 = seen.sha256"""
_NEAR_INDEX = """
    SELECT c.id, -best.distance AS score FROM (
        SELECT sha256, (vector::vector(384)) <=> %(vector)s::vector(384) AS distance
        FROM pai.text_vector
        WHERE vector_dims(vector) = 384 AND workspace = %(workspace)s AND model = %(model)s
        ORDER BY (vector::vector(384)) <=> %(vector)s::vector(384) LIMIT 2 * %(limit)s
    ) AS best JOIN pai.chunk c ON c.workspace = %(workspace)s AND c.sha256 = best.sha256
    WHERE {visible}"""
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
