"""An endpoint that speaks OpenAI's API for embeddings: of a provider, or a server of your own."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....errors import MemoryRefused
from .protocol import EmbedderFailed

BATCH = 64
TIMEOUT_S = 30.0


class Endpoint:
    """Implements `Embedder`."""

    def __init__(self, url: str, model: str, key_file: str | None = None) -> None:
        """At `url` (`https://…/v1`). Raises `MemoryRefused` without a model."""
        if not model:
            raise MemoryRefused(
                f"The embedder at {url} has many models.",
                remedy="Set PERSISTENTAI_EMBEDDER_MODEL to the name of one.",
            )
        self.model = model
        self._url = f"{url.rstrip('/')}/embeddings"
        self._key_file = key_file

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text."""
        import httpx

        vectors: list[list[float]] = []
        async with httpx.AsyncClient(timeout=TIMEOUT_S, headers=self._headers()) as http:
            for start in range(0, len(texts), BATCH):
                batch = list(texts[start : start + BATCH])
                said = {"model": self.model, "input": batch, "encoding_format": "float"}
                try:
                    answer = await http.post(self._url, json=said)
                except httpx.HTTPError as error:
                    raise self._failed(str(error) or type(error).__name__) from None
                if answer.status_code != httpx.codes.OK:
                    raise self._failed(f"HTTP {answer.status_code}")
                vectors += self._read(answer.content, len(batch))
        return vectors

    def _headers(self) -> dict[str, str]:
        if self._key_file is None:
            return {}
        try:
            key = Path(self._key_file).read_text().strip()
        except OSError as error:
            raise EmbedderFailed(
                f"The key of the embedder can't be read: {error.strerror}.",
                remedy="PERSISTENTAI_EMBEDDER_KEY_FILE names the file.",
            ) from None
        return {"Authorization": f"Bearer {key}"}

    def _read(self, content: bytes, count: int) -> list[list[float]]:
        import json

        try:
            said: Any = json.loads(content)
            rows = sorted(said["data"], key=lambda row: row["index"])
            vectors = [_unit([float(x) for x in row["embedding"]]) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise self._failed(f"it answers no embeddings ({type(error).__name__})") from None
        if len(vectors) != count or len({len(vector) for vector in vectors}) != 1:
            raise self._failed(f"{len(vectors)} vectors for {count} texts")
        return vectors

    def _failed(self, why: str) -> EmbedderFailed:
        return EmbedderFailed(
            f"The embedder at {self._url} failed: {why}.",
            remedy="Try again; or set PERSISTENTAI_EMBEDDER=minilm, which needs no network.",
        )


def _unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    if not math.isfinite(length) or length == 0:
        raise ValueError("no direction")
    return [x / length for x in vector]
