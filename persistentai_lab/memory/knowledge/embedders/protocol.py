"""What every embedder can do."""

from collections.abc import Sequence
from typing import Protocol

from ....errors import MemoryRefused


class EmbedderFailed(MemoryRefused):
    """The embedder can't be reached, or answers nonsense."""

    code = "embedder_failed"
    http_status = 502


class Embedder(Protocol):
    """Makes vectors of texts. Slow, so ahead of transactions; the same text gives the same."""

    @property
    def model(self) -> str:
        """Its name. Vectors of different models are kept apart."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text. Raises `EmbedderFailed`."""
        ...
