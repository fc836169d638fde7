"""Vectors by the hash of the text, made ahead of the transaction that needs them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from ...ids import Workspace
from ...memory.knowledge.embedders import Embedder, chosen, why_none
from ..pool import Pool

Connection = AsyncConnection[tuple[Any, ...]]
ASKED_MAX = 256
"""Questions whose vectors are kept."""


def digest(text: str) -> bytes:
    """What names the vectors of a text."""
    return hashlib.sha256(text.encode()).digest()


def literal(vector: Sequence[float]) -> str:
    """As Postgres reads it."""
    return f"[{','.join(f'{x:.7g}' for x in vector)}]"


class Vectors:
    """Of all workspaces, each model's apart."""

    def __init__(self, pool: Pool, embedder: Embedder | None) -> None:
        self._pool = pool
        self._embedder = embedder
        self._is_chosen = embedder is not None
        self._has_table: bool | None = None
        self._asked: dict[tuple[str, ...], list[float]] = {}

    async def embedder(self) -> Embedder | None:
        """Who makes them; None where nobody can, or Postgres could not keep them."""
        if not self._is_chosen:
            self._embedder, self._is_chosen = chosen(), True
        if self._has_table is None:
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_HAS_TABLE)).fetchone()
            self._has_table = bool(row and row[0])
        return self._embedder if self._has_table else None

    async def of_question(self, texts: Sequence[str]) -> list[float] | None:
        """What to compare with: the vector of a question, the mean of its versions' if it has more.

        Those of the last questions are kept: an agent asks the same again and again.
        """
        embedder = await self.embedder()
        if embedder is None:
            return None
        key = (embedder.model, *texts)
        if (known := self._asked.pop(key, None)) is None:
            made = await embedder.embed(texts)
            known = [sum(column) / len(made) for column in zip(*made, strict=True)]
        self._asked[key] = known
        if len(self._asked) > ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        return known

    async def note(self) -> str:
        """What is missing, if something is."""
        if await self.embedder():
            return ""
        if self._has_table:
            return why_none()
        return (
            "Only words are compared: this Postgres has no extension `vector`. To recall by "
            "meaning, install pgvector on its server before the tables are made."
        )

    async def make(self, workspace: Workspace, texts: Sequence[str]) -> None:
        """Have vectors of these texts. Twice is once; what is there is not made again."""
        embedder = await self.embedder()
        by_hash = {digest(text): text for text in texts}
        if embedder is None or not by_hash:
            return
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_KNOWN, (workspace, embedder.model, list(by_hash)))
            known = {row[0] for row in await cursor.fetchall()}
        missing = [(sha256, text) for sha256, text in by_hash.items() if sha256 not in known]
        if not missing:
            return
        vectors = await embedder.embed([text for _, text in missing])
        async with self._pool.connection() as connection:
            await connection.execute(
                _KEEP,
                (
                    workspace,
                    embedder.model,
                    [sha256 for sha256, _ in missing],
                    [literal(vector) for vector in vectors],
                ),
            )

    async def without(self, workspace: Workspace, limit: int) -> list[str]:
        """Texts that have no vector of this embedder."""
        embedder = await self.embedder()
        if embedder is None:
            return []
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_WITHOUT, (embedder.model, workspace, limit))
            return [row[0] for row in await cursor.fetchall()]

    async def erase(
        self, connection: Connection, workspace: Workspace, hashes: list[bytes]
    ) -> None:
        """Let go of those that no chunk needs any more."""
        await self.embedder()
        if self._has_table:
            await connection.execute(_ERASE, (workspace, hashes))


_HAS_TABLE = "SELECT to_regclass('pai.text_vector') IS NOT NULL"
_KNOWN = """
SELECT sha256 FROM pai.text_vector WHERE workspace = %s AND model = %s AND sha256 = ANY(%s)
"""
_KEEP = """
INSERT INTO pai.text_vector (workspace, model, sha256, vector)
SELECT %s, %s, sha256, made::vector FROM unnest(%s::bytea[], %s::text[]) AS new (sha256, made)
ON CONFLICT DO NOTHING
"""
_WITHOUT = """
SELECT min(c.text) FROM pai.chunk c LEFT JOIN pai.text_vector v
  ON v.workspace = c.workspace AND v.model = %s AND v.sha256 = c.sha256
WHERE c.workspace = %s AND c.text IS NOT NULL AND v.sha256 IS NULL GROUP BY c.sha256 LIMIT %s
"""
_ERASE = """
DELETE FROM pai.text_vector v WHERE workspace = %s AND sha256 = ANY(%s) AND NOT EXISTS (
    SELECT FROM pai.chunk c WHERE c.workspace = v.workspace AND c.sha256 = v.sha256)
"""
